"""Each language's rules on a snippet whose constructs were counted by hand."""

from __future__ import annotations

import pytest

from fedlore.observe.naming import LANGUAGES
from fedlore.observe.parsing.grammar import grammar_of
from fedlore.observe.source import examine_source

SNIPPETS: dict[str, tuple[str, dict[str, int]]] = {}
SNIPPETS["python"] = (
    r"""
import logging
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class A:
    x: int


class B(typing.NamedTuple):
    y: int


@other
class C(Base):
    pass


async def f(self, a: int, *, b: int = 1, **rest: int) -> None:
    # TODO: x
    try:
        logging.getLogger("x").info("a")
        self.logger.warning("x"); log.info("1"); catalog.info("no"); dialog.error("no")
        print(1); self.print(2)
    except:
        pass
    try:
        pass
    except Exception:
        ...
    except (A, ValueError) as error:
        raise
    except* KeyError:
        # said nothing
        pass


def g(a=[], *b, c: dict = {}, d=dict(), e=(), f=None): return 1
def test_h(): pass
def i() -> int: pass
def j(a, *, b): pass


def k(self, /, x: int) -> int:
    for x in y:
        while 1:
            with a:
                if b:
                    if c: pass
                    elif d: pass
                    else: pass
""",
    {
        "catch_all": 2,
        "classes": 3,
        "functions": 6,
        "functions_annotated": 3,
        "nesting": 7,
        "bare_except": 1,
        "swallowed_errors": 3,
        "mutable_defaults": 3,
        "logging_calls": 3,
        "console_prints": 1,
        "async_constructs": 1,
        "data_types": 2,
        "error_handling": 4,
        "resource_handling": 1,
        "test_functions": 1,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["javascript"] = (
    r"""
const pino = require("pino"); const logger = pino();
// TODO: tidy
async function load(url) {
  try { return await fetch(url); } catch (e) { }
}
class A { async read() { return 1; } write() {} static async go() {} }
const f = async () => { await load(); };
const g = x => x + 1;
function h() {
  if (a) { for (;;) { while (b) { try { if (c) { d(); } else if (e) { } } finally { close(); } } } }
  if (1) {} else if (2) {} else if (3) {}
}
p.catch(e => { console.error(e); });
logger.info("x"); log.debug("y"); dialog.info("no"); console.log("z"); this.logger.warn("w");
try { x(); } catch { // nothing
}
it("works", () => {}); test.skip("no", () => {}); transit("no");
""",
    {
        "documented_functions": 1,
        "classes": 1,
        "functions": 10,
        "nesting": 8,
        "swallowed_errors": 2,
        "error_handling": 3,
        "logging_calls": 3,
        "console_prints": 2,
        "async_constructs": 4,
        "resource_handling": 1,
        "test_functions": 2,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["typescript"] = (
    r"""
const pino = require("pino"); const logger = pino();
// TODO: tidy
async function load(url) {
  try { return await fetch(url); } catch (e) { }
}
class A { async read() { return 1; } write() {} static async go() {} }
const f = async () => { await load(); };
const g = x => x + 1;
function h() {
  if (a) { for (;;) { while (b) { try { if (c) { d(); } else if (e) { } } finally { close(); } } } }
  if (1) {} else if (2) {} else if (3) {}
}
p.catch(e => { console.error(e); });
logger.info("x"); log.debug("y"); dialog.info("no"); console.log("z"); this.logger.warn("w");
try { x(); } catch { // nothing
}
it("works", () => {}); test.skip("no", () => {}); transit("no");

interface Point { x: number }
type Line = { a: Point; b: Point };
type Name = string;
export class S { private async read(): Promise<number> { return 1; } }
""",
    {
        "documented_functions": 1,
        "classes": 2,
        "functions": 11,
        "nesting": 8,
        "swallowed_errors": 2,
        "error_handling": 3,
        "logging_calls": 3,
        "console_prints": 2,
        "async_constructs": 5,
        "data_types": 2,
        "resource_handling": 1,
        "test_functions": 2,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["tsx"] = (
    r"""
interface Props { name: string }
export const Hello = async ({ name }: Props) => { console.log(name); return <b onClick={() => 1}>{name}</b>; };
""",
    {"functions": 2, "console_prints": 1, "async_constructs": 1, "data_types": 1},
)
SNIPPETS["go"] = (
    r"""
package main
import ("fmt"; "log"; "log/slog")
// FIXME later
type Point struct { X, Y int }
type Shape interface { Area() float64 }
func (p Point) Area() float64 { return 0 }
func main() {
	f, err := open()
	if err != nil { log.Fatalf("x %v", err) }
	defer f.Close()
	if err2 := g(); err2 != nil { }
	if a { } else if b { } else if c { }
	go func() { fmt.Println("x") }()
	slog.Info("y"); s.logger.Errorf("z"); dialog.Info("no"); fmt.Printf("w"); fmt.Sprintf("no")
	for { for { switch x { case 1: select { case <-c: if d { } } } } }
}
func TestMain(t *testing.T) { }
func Testify() { }
""",
    {
        "classes": 2,
        "functions": 5,
        "nesting": 8,
        "swallowed_errors": 1,
        "error_handling": 2,
        "logging_calls": 3,
        "console_prints": 2,
        "async_constructs": 2,
        "data_types": 1,
        "resource_handling": 1,
        "test_functions": 1,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["java"] = (
    r"""
package a;
/* HACK: x */
record Point(int x, int y) { }
@Data class Pojo { }
class A {
  private static final Logger LOGGER = LoggerFactory.getLogger(A.class);
  A() { }
  @Async void run() throws Exception {
    try (var r = open()) { r.read(); } catch (IOException e) { /* no */ }
    try { x(); } catch (Exception e) { LOGGER.error("x", e); } finally { close(); }
    if (a) { for (;;) { while (b) { try { if (c) { } else if (d) { } } finally { } } } }
    if (1) {} else if (2) {} else if (3) {}
    if (1) { if (2) { } } 
    System.out.println("x"); this.log.info("y"); log.debug("z"); catalog.info("no");
    CompletableFuture<Integer> f = CompletableFuture.supplyAsync(() -> 1);
  }
  @Test public void t() { }
}
""",
    {
        "catch_all": 1,
        "classes": 3,
        "functions": 4,
        "nesting": 10,
        "swallowed_errors": 1,
        "error_handling": 2,
        "logging_calls": 3,
        "console_prints": 1,
        "async_constructs": 3,
        "data_types": 2,
        "resource_handling": 3,
        "test_functions": 1,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["rust"] = (
    r"""
// XXX
use log::info;
pub struct Point { x: i32 }
struct Unit;
impl Drop for Point { fn drop(&mut self) { } }
async fn load() -> Result<(), E> { f()?; Ok(()) }
fn main() {
    match f() { Ok(v) => v, Err(_) => {} }
    match f() { Ok(v) => v, Err(_) => () , Err(e) => { error!("x"); } }
    if let Err(e) = g() { tracing::warn!("y"); }
    if let Err(_) = g() { }
    if a { } else if b { } else if c { }
    let h = |x| x + 1;
    tokio::spawn(async move { println!("z"); dbg!(1); });
    loop { for x in y { while a { match b { _ => { if c { } } } } } }
}
#[test] fn t() { }
#[tokio::test] async fn u() { }
""",
    {
        "classes": 2,
        "functions": 6,
        "nesting": 10,
        "swallowed_errors": 3,
        "error_handling": 5,
        "logging_calls": 2,
        "console_prints": 2,
        "async_constructs": 3,
        "data_types": 1,
        "resource_handling": 1,
        "test_functions": 2,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["c"] = (
    r"""
#include <stdio.h>
/* TODO */
struct point { int x; };
typedef struct { int y; } other;
struct point forward;
static int read_it(void) {
  if (open(x) < 0) { if (errno == EINTR) goto out; }
  if (a) { } else if (b) { } else if (c) { }
  for (;;) while (1) { do { switch (x) { case 1: if (d) { } } } while (e); }
  printf("x"); log_info("y"); fprintf(stderr, "no"); syslog(1, "z");
  pthread_create(&t, 0, f, 0);
out:
  return 0;
}
void test_read(void) { }
""",
    {
        "functions": 2,
        "nesting": 8,
        "error_handling": 1,
        "logging_calls": 2,
        "console_prints": 1,
        "async_constructs": 1,
        "data_types": 2,
        "resource_handling": 1,
        "test_functions": 1,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["cpp"] = (
    r"""
// FIXME
#include <iostream>
struct Point { int x; };
class A { public: ~A(); int f() { return 1; } };
A::~A() { }
int main() {
  try { x(); } catch (const std::exception& e) { }
  try { x(); } catch (...) { spdlog::error("x"); }
  std::cout << "a" << "b"; printf("c"); logger->info("d");
  if (a) { } else if (b) { } else if (c) { }
  auto p = std::make_unique<A>(); std::thread t([] { return 1; });
  for (auto x : y) { for (;;) { while (1) { switch (x) { case 1: if (d) { } } } } }
}
TEST(Suite, Name) { EXPECT_EQ(1, 1); }
""",
    {
        "catch_all": 2,
        "classes": 2,
        "functions": 5,
        "nesting": 8,
        "swallowed_errors": 1,
        "error_handling": 2,
        "logging_calls": 2,
        "console_prints": 2,
        "async_constructs": 1,
        "data_types": 1,
        "resource_handling": 3,
        "test_functions": 1,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["csharp"] = (
    r"""
// TODO
record Point(int X, int Y);
struct S { int x; }
class A {
  A() { }
  async Task<int> Read() {
    try { X(); } catch (Exception e) { }
    try { X(); } catch { _logger.LogError("x"); } finally { }
    using (var f = Open()) { }
    using var g = Open();
    if (a) { } else if (b) { } else if (c) { }
    Console.WriteLine("y"); Func<int, int> h = x => x + 1;
    foreach (var x in y) { for (;;) { while (true) { switch (x) { case 1: if (d) { } break; } } } }
    if (1) { if (2) { } } 
    return 1;
  }
  [Fact] public void T() { }
}
""",
    {
        "catch_all": 2,
        "classes": 3,
        "functions": 4,
        "nesting": 11,
        "swallowed_errors": 1,
        "error_handling": 2,
        "logging_calls": 1,
        "console_prints": 1,
        "async_constructs": 1,
        "data_types": 2,
        "resource_handling": 3,
        "test_functions": 1,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["ruby"] = (
    r"""
# TODO
Point = Struct.new(:x, :y)
class A
  def read
    begin
      x
    rescue StandardError => e
    end
    begin
      x
    rescue IOError
      logger.error("x")
    ensure
      close
    end
    puts "y"
    self.class.puts "no"
    Thread.new { z }
    while a
      until b
        if c
          unless d
            case e
            when 1 then 2
            end
          end
        elsif f
        end
      end
    end
  end
  def self.make; end
end
it "works" do
end
def test_it; end
""",
    {
        "catch_all": 1,
        "classes": 1,
        "functions": 3,
        "nesting": 7,
        "swallowed_errors": 1,
        "error_handling": 2,
        "logging_calls": 1,
        "console_prints": 1,
        "async_constructs": 1,
        "data_types": 1,
        "resource_handling": 1,
        "test_functions": 2,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["php"] = (
    r"""<?php
// TODO
readonly class Point { }
class A {
  function read() {
    try { x(); } catch (Exception $e) { }
    try { x(); } catch (Exception $e) { $this->logger->error("x"); } finally { close(); }
    echo "y"; Log::info("z"); printf("w"); error_log("v");
    $f = function () { return 1; }; $g = fn($x) => $x + 1;
    if ($a) { } else if ($b) { } elseif ($c) { }
    foreach ($x as $y) { for (;;) { while (1) { switch ($x) { case 1: if ($d) { } } } } }
    $fiber = new Fiber($f);
  }
  public function testRead() { }
}
""",
    {
        "catch_all": 2,
        "classes": 2,
        "functions": 4,
        "nesting": 8,
        "swallowed_errors": 1,
        "error_handling": 2,
        "logging_calls": 3,
        "console_prints": 2,
        "async_constructs": 1,
        "data_types": 1,
        "resource_handling": 1,
        "test_functions": 1,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)
SNIPPETS["kotlin"] = (
    r"""
// TODO
data class Point(val x: Int)
class A {
  suspend fun read() {
    try { x() } catch (e: Exception) { }
    try { x() } catch (e: Exception) { logger.error("x") } finally { close() }
    println("y"); log.info("z")
    file.use { it.read() }
    launch { z() }
    if (a) { } else if (b) { } else if (c) { }
    for (x in y) { while (true) { do { when (x) { 1 -> { if (d) { } } } } while (e) } }
  }
  @Test fun t() { }
}
""",
    {
        "catch_all": 2,
        "classes": 2,
        "functions": 2,
        "nesting": 8,
        "swallowed_errors": 1,
        "error_handling": 2,
        "logging_calls": 2,
        "console_prints": 1,
        "async_constructs": 2,
        "data_types": 1,
        "resource_handling": 2,
        "test_functions": 1,
        "debt_comments": 1,
        "deep_nesting": 1,
    },
)

NOT_IN = {
    "c": {"swallowed_errors"},
    "javascript": {"data_types"},
}
"""What a language has no construct for."""


@pytest.mark.parametrize("language", sorted(SNIPPETS))
def test_counts_of_a_snippet(language: str) -> None:
    text, expected = SNIPPETS[language]
    counts = examine_source(text.encode(), language).counts
    measured = {"physical_lines", "function_lines"}
    rules = {name: count for name, count in counts.items() if name not in measured and not name.startswith("template.")}
    assert rules == expected


@pytest.mark.parametrize("language", sorted(set(SNIPPETS) - {"tsx"}))
def test_every_rule_finds_something_in_its_snippet(language: str) -> None:
    assert grammar_of(language).names - {"dead_code"} <= SNIPPETS[language][1].keys()


def test_every_language_has_a_snippet_and_counts_the_common_constructs() -> None:
    assert SNIPPETS.keys() == LANGUAGES.keys()
    common = {"functions", "nesting", "swallowed_errors", "error_handling", "logging_calls", "console_prints"}
    common |= {"async_constructs", "data_types", "resource_handling", "test_functions", "debt_comments"}
    for language in LANGUAGES:
        assert grammar_of(language).names | {"functions", "nesting"} >= common - NOT_IN.get(language, set())


DEAD: dict[str, tuple[str, int]] = {
    "python": (
        "def f():\n    if a:\n        return 1\n    raise E\n    # no\n    x = 1\n"
        "def g():\n    for x in y:\n        continue\n        z()\n    return 2\n",
        2,
    ),
    "javascript": (
        "function f() {\n  if (a) return 1;\n  throw e;\n  // no\n  x = 1;\n}\n"
        "function g() { return 1; function h() {} }\n"
        "function k() { a: for (;;) { for (;;) { continue a; b(); } } }",
        2,
    ),
    "go": ("package a\nfunc f() int {\n\tif a { return 1 }\n\tpanic(1)\n\treturn 2\n\tx()\n}\n", 1),
    "java": ("class A { int f() { if (a) return 1; while (b) { break; c(); } return 2; } }", 1),
    "rust": ("fn f() -> i32 { if a { return 1; } loop { break; x(); } return 2; let y = 3; }", 2),
    "c": ("int f(void) { if (a) return 1; goto out; x(); out: return 2; }", 1),
    "cpp": ("int f() { if (a) return 1; throw 2; x(); }", 1),
    "csharp": ("class A { int F() { if (a) return 1; throw e; X(); } }", 1),
    "ruby": ("def f\n  return 1 if a\n  return 2\n  x = 1\nend\n", 1),
    "php": ("<?php function f() { if ($a) return 1; return 2; x(); }", 1),
    "kotlin": ("fun f(): Int { if (a) return 1\n throw E()\n x()\n}\n", 1),
}
DEAD["typescript"] = DEAD["tsx"] = DEAD["javascript"]


@pytest.mark.parametrize("language", sorted(DEAD))
def test_statements_after_a_jump_in_its_own_block_are_dead(language: str) -> None:
    text, expected = DEAD[language]
    facts = examine_source(text.encode(), language)
    assert facts.counts["dead_code"] == expected == len(facts.places["dead_code"])
    assert DEAD.keys() == LANGUAGES.keys()
