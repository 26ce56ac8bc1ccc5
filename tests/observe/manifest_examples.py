"""One manifest or more of each kind, and what it declares."""

from __future__ import annotations

PIP_COMPILED = b"""\
blinker==1.9.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via flask
flask==3.1.0
    # via -r requirements/app.in
click==8.1  # via flask, black
black==24.1
    # via
    #   -r dev.in
    #   flask
attrs==25.1 # via fedlore (pyproject.toml)
idna==3.1
    # via
    #   -r docs.txt
    #   requests
"""
SETUP = b"""
import setuptools
TESTS = ["pytest>=7", "hypothesis"]
setuptools.setup(
    name="x", install_requires=["attrs>=20", *more()] + TESTS,
    extras_require={"docs": ("Sphinx ; python_version>'3'",)},
    setup_requires='wheel\\nsetuptools_scm', tests_require=TESTS, python_requires=">=3",
)
"""
POM = b"""<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0"><groupId>me</groupId><artifactId>app</artifactId>
<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>3.2.0</version></parent>
<properties><junit.version>5.9</junit.version></properties><dependencies>
<dependency><groupId>junit</groupId><artifactId> junit </artifactId><version>${junit.version}</version>
<exclusions><exclusion><groupId>no</groupId><artifactId>no</artifactId></exclusion></exclusions></dependency>
<dependency><groupId>${project.groupId}</groupId><artifactId>sibling</artifactId></dependency></dependencies>
<build><plugins><plugin><artifactId>maven-surefire-plugin</artifactId></plugin></plugins></build></project>"""
CSPROJ = b"""\xef\xbb\xbf<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup>
<PackageReference Include="Dapper" Version="2.0.1" />
<PackageReference Include="xunit"><Version>[2.4.1]</Version></PackageReference>
<ProjectReference Include="../x.csproj" />
</ItemGroup></Project>"""
GRADLE_KTS = b"""plugins {
    id("org.springframework.boot") version "3.2.0"
    kotlin("jvm") version "1.9.0"
}
dependencies {
    implementation(platform("io.grpc:grpc-bom:1.60"))
    implementation(kotlin("stdlib"))
    testImplementation(libs.junit)
    // implementation("no:no:1")
    api(project(":core"))
}
"""
CATALOGUE = b"""[versions]
ktor = "2.3.0"
[libraries]
ktor-core = { module = "io.ktor:ktor-server-core", version.ref = "ktor" }
okio = "com.squareup.okio:okio:3.6.0"
guava = { group = "com.google.guava", name = "guava", version = { strictly = "33.0" } }
[plugins]
detekt = { id = "io.gitlab.arturbosch.detekt", version = "1.23" }
"""
GEMSPEC = b"""Gem::Specification.new do |s|
  s.add_runtime_dependency "rack", ">= 2", "< 4"
  s.add_development_dependency(%q<rake>.freeze, ["~> 13.0"])
  spec.add_dependency 'own', path: '../own'
end
"""
COMPOSE = b"""services:
  db:
    image: "postgres:16-alpine"
  app:
    build: .
  cache:
    image: docker.io/library/redis@sha256:aa
  own:
    image: ${REGISTRY}/own:1
"""
WORKFLOW = b"""jobs:
  a:
    container: python:3.12
    services: {db: {image: no}}
    steps:
      - uses: actions/checkout@v4
      - name: x
        uses: "Docker/Login-Action/sub@0123456789012345678901234567890123456789" # v3
      - uses: ./.github/actions/own
      - uses: docker://alpine:3.19
      - run: "uses: no/no@v1"
"""
CONDA = b"""name: x
channels:
  - defaults
dependencies:
  - python=3.11
  - numpy>=1.20
  - conda-forge::pandas =2.1
  - pip:
    - Flask==2
variables:
  - no
"""


MANIFESTS: list[tuple[str, bytes, dict[str, str]]] = [
    (
        "requirements/dev.txt",
        b"# c\n-r base.txt\nFlask>=2\nzope.interface\nrequests[socks]==2 ; python_version > '3'\n"
        b"git+https://example.org/x.git\n--hash=sha256:aa\npkg @ https://example.org/p.whl\n./local\n",
        {
            "pkg:pypi/flask": ">=2",
            "pkg:pypi/zope.interface": "",
            "pkg:pypi/requests": "==2",
            "pkg:pypi/pkg": "@ https://example.org/p.whl",
        },
    ),
    (
        "requirements.txt",
        PIP_COMPILED,
        {"pkg:pypi/flask": "==3.1.0", "pkg:pypi/black": "==24.1", "pkg:pypi/attrs": "==25.1"},
    ),
    (
        "pyproject.toml",
        b"[build-system]\nrequires = ['hatchling']\n[project]\ndependencies = ['numpy>=2', 3, 'own']\n"
        b"[project.optional-dependencies]\nx = ['Sphinx']\n[dependency-groups]\ndev = ['pytest', {include-group='x'}]\n"
        b"[tool.poetry.dependencies]\npython = '^3.11'\nrich = '*'\n[tool.poetry.group.d.dependencies]\n"
        b"ruff = {version = '^0.4', optional = true}\nlocal = {path = '../local'}\n"
        b"[tool.uv.sources]\nown = {workspace = true}\n"
        b"[tool.hatch.envs.docs]\ndependencies = ['mkdocs']\n",
        {
            **{f"pkg:pypi/{name}": "" for name in ("hatchling", "sphinx", "pytest", "rich", "mkdocs")},
            "pkg:pypi/numpy": ">=2",
            "pkg:pypi/ruff": "^0.4",
        },
    ),
    (
        "setup.cfg",
        b"[metadata]\nname = x\n[options]\ninstall_requires =\n  attrs\n  click>=8 ; python_version>'3'\n"
        b"[options.extras_require]\ndev =\n  tox\n[flake8]\nignore =\n  E501\n",
        {"pkg:pypi/attrs": "", "pkg:pypi/click": ">=8", "pkg:pypi/tox": ""},
    ),
    (
        "setup.py",
        SETUP,
        {
            "pkg:pypi/attrs": ">=20",
            "pkg:pypi/pytest": ">=7",
            **{f"pkg:pypi/{name}": "" for name in ("hypothesis", "sphinx", "wheel", "setuptools-scm")},
        },
    ),
    (
        "Pipfile",
        b"[packages]\nflask = '*'\n[dev-packages]\npytest = {version = '>=7'}\n",
        {"pkg:pypi/flask": "", "pkg:pypi/pytest": ">=7"},
    ),
    ("environment.yml", CONDA, {"pkg:conda/numpy": ">=1.20", "pkg:conda/pandas": "=2.1", "pkg:pypi/flask": "==2"}),
    (
        "web/package.json",
        b'{"dependencies": {"react": "^18", "@babel/core": "2", "own": "workspace:*", "old": "npm:@x/new@1.2"},'
        b' "devDependencies": {"jest": "*", "odd": {}}, "packageManager": "pnpm@9.1.0+sha512.aa", "x": [1]}',
        {
            "pkg:npm/react": "^18",
            "pkg:npm/%40babel/core": "2",
            "pkg:npm/jest": "",
            "pkg:npm/odd": "",
            "pkg:npm/%40x/new": "1.2",
            "pkg:npm/pnpm": "9.1.0",
        },
    ),
    (
        "composer.json",
        b'{"require": {"php": "8", "laravel/framework": "^11"}}',
        {"pkg:composer/laravel/framework": "^11"},
    ),
    (
        "Cargo.toml",
        b"[dependencies]\nserde = '1'\nweb = {package = 'axum', version = '0.7'}\n"
        b"own = {path = '../own', version = '1'}\n"
        b"[workspace.dependencies]\nbytes = '1.5'\n[target.'cfg(unix)'.dependencies]\ntokio = {workspace = true}\n",
        {"pkg:cargo/serde": "1", "pkg:cargo/axum": "0.7", "pkg:cargo/bytes": "1.5", "pkg:cargo/tokio": ""},
    ),
    (
        "go.mod",
        b"module example.org/x\n\ngo 1.22\n\nrequire github.com/gin-gonic/gin v1.9.1\nrequire (\n"
        b"\tgithub.com/LabStack/echo/v4 v4.1.0 // why\n\tgolang.org/x/sys v0.1.0 // indirect\n)\n"
        b"exclude (\n\tgithub.com/no/no v1.0.0\n)\nreplace github.com/a/a v1.0.0 => github.com/b/b v1.0.0\n",
        {"pkg:golang/github.com/gin-gonic/gin": "v1.9.1", "pkg:golang/github.com/labstack/echo": "v4.1.0"},
    ),
    (
        "Gemfile",
        b"source 'x'\ngem 'rails', '7'\n  gem \"rspec\"\n# gem 'no'\ngem 'own', path: 'own'\n",
        {"pkg:gem/rails": "7", "pkg:gem/rspec": ""},
    ),
    ("x.gemspec", GEMSPEC, {"pkg:gem/rack": ">= 2, < 4", "pkg:gem/rake": "~> 13.0"}),
    (
        "pom.xml",
        POM,
        {
            "pkg:maven/junit/junit": "5.9",
            "pkg:maven/org.springframework.boot/spring-boot-starter-parent": "3.2.0",
            "pkg:maven/org.apache.maven.plugins/maven-surefire-plugin": "",
        },
    ),
    (
        "build.gradle",
        b"dependencies {\n implementation \"io.grpc:grpc-stub:1.0\"\n testImplementation('junit:junit:4')\n"
        b" compile group: 'a.b', name: 'c', version: '1'\n}\n",
        {"pkg:maven/io.grpc/grpc-stub": "1.0", "pkg:maven/junit/junit": "4", "pkg:maven/a.b/c": "1"},
    ),
    (
        "app/build.gradle.kts",
        GRADLE_KTS,
        {
            "pkg:maven/org.springframework.boot/org.springframework.boot.gradle.plugin": "3.2.0",
            "pkg:maven/org.jetbrains.kotlin.jvm/org.jetbrains.kotlin.jvm.gradle.plugin": "1.9.0",
            "pkg:maven/io.grpc/grpc-bom": "1.60",
            "pkg:maven/org.jetbrains.kotlin/kotlin-stdlib": "",
        },
    ),
    (
        "gradle/libs.versions.toml",
        CATALOGUE,
        {
            "pkg:maven/io.ktor/ktor-server-core": "2.3.0",
            "pkg:maven/com.squareup.okio/okio": "3.6.0",
            "pkg:maven/com.google.guava/guava": "33.0",
            "pkg:maven/io.gitlab.arturbosch.detekt/io.gitlab.arturbosch.detekt.gradle.plugin": "1.23",
        },
    ),
    (
        "src/App.csproj",
        CSPROJ,
        {"pkg:nuget/microsoft.net.sdk.web": "", "pkg:nuget/dapper": "2.0.1", "pkg:nuget/xunit": "[2.4.1]"},
    ),
    (
        "Directory.Packages.props",
        b'<Project><ItemGroup><PackageVersion Include="Moq" Version="4.20" /></ItemGroup></Project>',
        {"pkg:nuget/moq": "4.20"},
    ),
    (
        "packages.config",
        b'<packages><package id="NUnit" version="3.1" targetFramework="net48" /></packages>',
        {"pkg:nuget/nunit": "3.1"},
    ),
    (
        "docker/Dockerfile.dev",
        b"FROM --platform=linux/amd64 python:3.11-slim AS a\nfrom docker.io/postgres\nRUN x\nFROM $BASE\nFROM a\n"
        b"FROM scratch\nFROM ghcr.io/x/y@sha256:aa\nCOPY --from=a /x /x\n"
        b"COPY --from=ghcr.io/astral-sh/uv:0.4 /uv /uv\n",
        {
            "pkg:docker/python": "3.11-slim",
            "pkg:docker/postgres": "",
            "pkg:docker/ghcr.io/x/y": "@sha256:aa",
            "pkg:docker/ghcr.io/astral-sh/uv": "0.4",
        },
    ),
    ("compose.prod.yaml", COMPOSE, {"pkg:docker/postgres": "16-alpine", "pkg:docker/redis": "@sha256:aa"}),
    (
        ".github/workflows/ci.yml",
        WORKFLOW,
        {
            "pkg:docker/python": "3.12",
            "pkg:docker/alpine": "3.19",
            "pkg:githubactions/actions/checkout": "v4",
            "pkg:githubactions/docker/login-action": "0123456789012345678901234567890123456789",
        },
    ),
]
