"""Modules in four languages, with the constructs that tools for measuring code disagree about most easily."""

from __future__ import annotations

JAVASCRIPT = """\
import { readFile } from "node:fs/promises";

// How many requests may wait.
const MOST = 20;

/* A queue
   of requests. */
class Queue {
  constructor(limit, name) {
    this.limit = limit;
    this.name = name || "queue";
    this.waiting = [];
  }

  push(request) {
    if (this.waiting.length >= this.limit) {
      return false;
    } else if (!request && request !== 0) {
      return false;
    }
    this.waiting.push(request);
    return true;
  }

  async drain(handler, onError) {
    while (this.waiting.length > 0) {
      const request = this.waiting.shift();
      try {
        await handler(request);
      } catch (error) {
        if (onError) {
          onError(error);
        }
      } finally {
        this.last = request;
      }
    }
  }
}

function grade(score) {
  switch (true) {
    case score > 90:
      return "a";
    case score > 70:
    case score > 60:
      return "b";
    default:
      return "c";
  }
}

function total(rows, column) {
  let sum = 0;
  for (let index = 0; index < rows.length; index++) {
    const value = rows[index][column];
    sum += typeof value === "number" && value > 0 ? value : 0;
  }
  for (const row of rows) {
    for (const key in row) {
      if (key === "extra" || key === "more") {
        sum += row[key];
      }
    }
  }
  do {
    sum -= 1;
  } while (sum > 1000);
  return sum;
}

async function load(path) {
  const text = await readFile(path, "utf8");
  if (!text) return null;
  return JSON.parse(text); // no copy
}

export { MOST, Queue, grade, load, total };
"""

JAVA = """\
package warehouse;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The stock of a warehouse.
 */
public class Stock {
    private static final int MOST = 500;
    private final List<String> names = new ArrayList<>();
    private int count; // of all items

    public Stock(List<String> names, int count) {
        this.names.addAll(names);
        this.count = count > MOST ? MOST : count;
    }

    @Override
    public String toString() {
        return names.isEmpty() ? "nothing" : String.join(", ", names);
    }

    public int add(final Map<String, Integer> parts, int[] numbers, String... more) {
        int added = 0;
        for (Map.Entry<String, Integer> part : parts.entrySet()) {
            if (part.getKey() == null || part.getValue() == null) {
                continue;
            } else if (part.getValue() > 10 && part.getKey().length() < 3) {
                added += part.getValue();
            } else {
                added++;
            }
        }
        for (int index = 0; index < numbers.length; index++) {
            while (numbers[index] > 0) {
                numbers[index]--;
            }
        }
        do {
            added += more.length;
        } while (added < 0);
        return added;
    }

    static String grade(int score) {
        switch (score / 10) {
            case 10:
            case 9:
                return "a";
            case 8:
                return "b";
            default:
                return "c";
        }
    }

    protected <T extends Comparable<T>> T largest(List<T> all) throws IllegalStateException {
        T best = null;
        for (T one : all) {
            if (best == null || one.compareTo(best) > 0) {
                best = one;
            }
        }
        if (best == null) {
            throw new IllegalStateException("nothing to compare");
        }
        return best;
    }

    private synchronized void close(AutoCloseable handle) {
        /* Whoever opened it
           needs it no more. */
        try {
            handle.close();
        } catch (RuntimeException error) {
            count--;
        } catch (Exception error) {
            throw new IllegalStateException(error);
        } finally {
            count = 0;
        }
    }
}
"""

C = """\
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST 64
/* A list
 * of numbers. */
struct list {
    int *numbers;
    size_t length; /* how many there are */
};

static int smaller(const void *left, const void *right)
{
    int one = *(const int *)left;
    int other = *(const int *)right;
    return one < other ? -1 : one > other;
}

int list_add(struct list *list, int number)
{
    // Room for one more.
    int *grown = realloc(list->numbers, (list->length + 1) * sizeof(int));
    if (!grown)
        return -ENOMEM;
    list->numbers = grown;
    list->numbers[list->length++] = number;
    return 0;
}

void list_sort(struct list *list)
{
    if (list && list->length > 1)
        qsort(list->numbers, list->length, sizeof(int), smaller);
}

static const char *grade(unsigned int score)
{
    switch (score) {
    case 0:
        return "none";
    case 1:
    case 2:
        return "low";
    default:
        return "high";
    }
}

int list_read(struct list *list, const char *path, int most)
{
    int number, status = 0;
    FILE *file = fopen(path, "r");
    if (!file) {
        return -errno;
    } else if (most <= 0 || most > MOST) {
        status = -EINVAL;
        goto done;
    }
    while (fscanf(file, "%d", &number) == 1) {
        if (number < 0)
            continue;
        status = list_add(list, number);
        if (status != 0)
            goto done;
    }
done:
    fclose(file);
    return status;
}

int apply(int (*function)(int, int), int start, ...)
{
    int total = start;
    for (int turn = 0; turn < 3; turn++) {
        do {
            total = function(total, turn);
        } while (total < 0);
    }
    return total;
}

int main(void)
{
    struct list list = {0};
    printf("%s\\n", grade(list_read(&list, "numbers", MOST) ? 0 : 1));
    list_sort(&list);
    free(list.numbers);
    return 0;
}
"""

GO = """\
package warehouse

import (
	"errors"
	"fmt"
	"os"
)

// Most is how many items are kept.
const Most = 500

/*
Stock is what a warehouse keeps.
*/
type Stock struct {
	names []string // in order
	count int
}

type Grader interface {
	Grade(score int) string
}

func New(names ...string) *Stock {
	return &Stock{names: names}
}

func (s *Stock) Add(name string, count int) error {
	if name == "" || count < 0 {
		return errors.New("nothing to add")
	} else if s.count+count > Most {
		return fmt.Errorf("%d are too many", count)
	}
	s.names = append(s.names, name)
	s.count += count
	return nil
}

func (Stock) Grade(score int) string {
	switch {
	case score > 90:
		return "a"
	case score > 70, score == 42:
		return "b"
	default:
		return "c"
	}
}

func total(rows [][]int, low, high int) (sum int, err error) {
	for _, row := range rows {
		for index := 0; index < len(row); index++ {
			if row[index] >= low && row[index] <= high {
				sum += row[index]
			}
		}
	}
	if sum == 0 {
		err = errors.New("nothing")
	}
	return sum, err
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	buffer := make([]byte, 64)
	for {
		count, err := file.Read(buffer)
		if err != nil || count == 0 {
			break
		}
	}
	return buffer, nil
}

func kind(value any) string {
	switch value.(type) {
	case int, int64:
		return "number"
	case string:
		return "text"
	}
	return ""
}

func wait(done chan bool, left <-chan int) int {
	select {
	case <-done:
		return 0
	case number := <-left:
		return number
	}
}
"""
