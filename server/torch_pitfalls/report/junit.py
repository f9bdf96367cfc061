"""Findings as a JUnit report: a test suite for each file, a failure for each finding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree as xml

from torch_pitfalls.report import Entry

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def render(entries: Iterable[Entry], checked: int) -> str:
    """The report as XML. Where nothing is found, one test that passes says how many files were checked."""
    found = list(entries)
    suites = xml.Element("testsuites", name="torch-pitfalls", tests=str(len(found) or 1), failures=str(len(found)))
    for path, group in groupby(found, key=lambda entry: entry.at.path):
        some = list(group)
        suite = xml.SubElement(suites, "testsuite", name=_fit(path), tests=str(len(some)), failures=str(len(some)))
        for entry in some:
            _case(suite, entry)
    if not found:
        suite = xml.SubElement(suites, "testsuite", name="torch-pitfalls", tests="1", failures="0")
        xml.SubElement(suite, "testcase", name=f"{checked} files without pitfalls", classname="torch-pitfalls")
    xml.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml.tostring(suites, encoding="unicode") + "\n"


def _case(suite: xml.Element, entry: Entry) -> None:
    line = entry.at.start[0] + 1
    where = entry.at.where
    case = xml.SubElement(
        suite,
        "testcase",
        name=f"{entry.rule} at {_fit(where)}",
        classname=_fit(entry.at.path),
        file=_fit(entry.at.path),
        line=str(line),
    )
    failure = xml.SubElement(case, "failure", type=entry.severity, message=_fit(entry.headline))
    failure.text = _fit(f"{where}: {entry.headline}\n{entry.effect}\n{entry.remedy}")


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
