"""The file names that stand for a practice."""

from __future__ import annotations

import re

CI = re.compile(
    rb"\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml|Jenkinsfile|\.travis\.yml"
    rb"|azure-pipelines\.yml|appveyor\.yml|\.drone\.yml|bitbucket-pipelines\.yml|\.buildkite/.+|\.woodpecker\.yml"
    rb"|\.cirrus\.yml",
    re.DOTALL,
)

DEPENDENCY_BOT = re.compile(
    rb"\.github/dependabot\.ya?ml|(?:\.github/)?renovate\.json5?|(?:\.github/)?\.renovaterc(?:\.json5?)?"
)

LOCK_FILE = re.compile(
    rb"(?:.*/)?(?:poetry\.lock|uv\.lock|pdm\.lock|pixi\.lock|Pipfile\.lock|package-lock\.json|npm-shrinkwrap\.json"
    rb"|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock|Cargo\.lock|go\.sum|Gemfile\.lock|composer\.lock"
    rb"|gradle\.lockfile|packages\.lock\.json|pubspec\.lock|mix\.lock|Podfile\.lock|Package\.resolved|flake\.lock"
    rb"|conan\.lock|conda-lock\.yml)",
    re.DOTALL,
)

LINTER = re.compile(
    rb"(?:.*/)?(?:\.pre-commit-config\.yaml|\.?ruff\.toml|\.flake8|\.?pylintrc(?:\.toml)?|\.isort\.cfg|\.yapfrc"
    rb"|\.style\.yapf|\.eslintrc(?:\.[a-z]+)?|eslint\.config\.[cm]?[jt]s|\.prettierrc(?:\.[a-z0-9]+)?"
    rb"|prettier\.config\.[cm]?[jt]s|\.stylelintrc(?:\.[a-z]+)?|\.jshintrc|\.jscsrc|tslint\.json|biome\.jsonc?"
    rb"|\.oxlintrc\.json|\.golangci\.(?:ya?ml|toml|json)|\.?rustfmt\.toml|\.?clippy\.toml|\.clang-format"
    rb"|\.clang-tidy|checkstyle\.xml|pmd\.xml|\.rubocop\.yml|\.standard\.yml|\.php-cs-fixer(?:\.dist)?\.php"
    rb"|\.php_cs(?:\.dist)?|phpcs\.xml(?:\.dist)?|phpstan\.neon(?:\.dist)?|\.scalafmt\.conf|detekt\.ya?ml|\.ktlint"
    rb"|\.swiftlint\.yml|stylecop\.json|\.shellcheckrc|\.hadolint\.ya?ml|\.markdownlint(?:\.[a-z]+)?)",
    re.DOTALL,
)

CHANGELOG = re.compile(rb"(?:docs/)?(?:CHANGELOG|CHANGES|HISTORY|NEWS)(?:\.[a-z]+)?", re.IGNORECASE)

CODE_OWNERS = re.compile(rb"(?:\.github/|docs/|\.gitlab/)?CODEOWNERS")
CONTRIBUTING = re.compile(rb"(?:\.github/|docs/)?CONTRIBUTING(?:\.[a-z]+)?", re.IGNORECASE)

CONTAINERS = re.compile(
    rb"(?:.*/)?(?:(?:docker|container)file(?:\.[^/]*)?|[^/]*\.(?:docker|container)file"
    rb"|(?:docker-|podman-)?compose(?:[.-][^/]*)?\.ya?ml)",
    re.DOTALL | re.IGNORECASE,
)
"""Container and compose files; those in vendored folders (`naming.is_by_others`) stand for nothing."""

BUILD_OUTPUT = re.compile(
    rb"(?!(?:.*/)?gradle-wrapper\.jar)(?:(?:.*/)?(?:node_modules|__pycache__|\.venv|\.gradle)/.+"
    rb"|.*\.(?:pyc|pyo|class|o|obj|so|dll|dylib|exe|jar|war|pdb)|(?:.*/)?(?:\.DS_Store|Thumbs\.db))",
    re.DOTALL,
)

AGENT_INSTRUCTIONS = re.compile(
    rb"(?:.*/)?(?:AGENTS|CLAUDE|GEMINI)\.md|\.github/copilot-instructions\.md|\.cursorrules|\.cursor/rules/.+"
    rb"|\.windsurfrules|\.clinerules(?:/.+)?|\.aider\.conf\.yml",
    re.DOTALL,
)
