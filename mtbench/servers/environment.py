"""What the environment says about the network: proxies and certificates, by variable.

Libraries fail on a variable that does not hold in ways that do not name it. Imports nothing of
mtbench but its errors: the workers of other environments use it, too.
"""

from __future__ import annotations

import importlib.util
import os
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from mtbench.errors import RequestError, Unavailable

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_SCHEMES = ("http", "https", "socks5", "socks5h")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PORTS = {"https": 443, "socks5": 1080, "socks5h": 1080}
_CHAIN = 8  # causes looked at


def check_environment(socks: str = "socksio") -> None:
    """Says which variable about proxies or certificates does not hold, before a request does.

    Args:
        socks: The package by which the HTTP library in use speaks to SOCKS proxies.

    Raises:
        RequestError: If one does not hold.
        Unavailable: If one asks for a SOCKS proxy, and the package is not installed.
    """
    for name, value in _set(_PROXIES):
        _check_proxy(name, value, socks)
    named = {value: name for name, value in _set(tuple(one.lower() for one in _CERTIFICATES))}
    for value, name in named.items():
        _check_certificates(name, value)
    for name, value in _set(("no_proxy",)):
        for entry in value.split(","):
            if not _readable(entry.strip()):
                raise RequestError(
                    f"{name}: not a host: {entry.strip()!r}",
                    hint="write hosts as example.org, .example.org, 10.0.0.1 or ::1",
                )


def _set(names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name.lower() in names and value.strip():
            yield name, value.strip()


def _check_proxy(name: str, value: str, socks: str) -> None:
    try:
        parts = _parts(value)
        whole = parts.scheme in _SCHEMES and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        whole = False
    if not whole:
        # The value may hold a password: only what stands before and after it is repeated.
        shown = re.sub(r"//[^/@]*@", "//…@", value)
        raise RequestError(
            f"{name}: not the address of a proxy: {shown!r}",
            hint="write http://HOST:PORT or socks5://HOST:PORT, or unset it",
        )
    if parts.scheme.startswith("socks") and importlib.util.find_spec(socks) is None:
        package = {"socks": "pysocks"}.get(socks, socks)
        raise Unavailable(
            f"{name} names a SOCKS proxy, and the package {package} is not installed",
            hint=f"install it with: pip install {package}",
        )


def _check_certificates(name: str, value: str) -> None:
    path = Path(value)
    problem = None
    if not path.exists():
        problem = "there is no such file or folder"
    elif path.is_file():
        try:
            ssl.create_default_context(cafile=value)
        except (OSError, ValueError):
            problem = "it holds no certificate that can be read"
    if problem:
        raise RequestError(f"{name}: {value}: {problem}", hint="correct it, or unset it")


def _readable(entry: str) -> bool:
    """Whether an entry of ``no_proxy`` is one that the HTTP libraries read."""
    if entry in ("", "*") or "://" in entry:
        return True
    host, slash, bits = entry.partition("/")
    if slash and (not bits.isdigit() or ":" in host):
        return False  # of networks only those of IPv4 are read
    if host.count(":") > 1:
        return bool(re.fullmatch(r"[0-9A-Fa-f:.]+(%\S+)?", host))
    return bool(re.fullmatch(r"[^\[\]:]+(:\d+)?", host))


def _parts(value: str) -> SplitResult:
    return urlsplit(value if "://" in value else f"http://{value}")


class Proxy(NamedTuple):
    """What stands before an address.

    Attributes:
        variable: That names it.
        parts: Its address, user and password among them.
        host: Its host.
        port: Its port, the usual one where none is named.
    """

    variable: str
    parts: SplitResult
    host: str
    port: int


def proxy_before(url: str) -> Proxy | None:
    """The proxy that stands before an address; None for none.

    Example:
        >>> proxy_before("http://localhost:8000") is None or "a proxy is set here"
        True
    """
    from urllib.request import getproxies, proxy_bypass

    asked = urlsplit(url)
    proxies = getproxies()
    kind = asked.scheme if proxies.get(asked.scheme) else "all"
    value = proxies.get(kind)
    names = (asked.netloc.rpartition("@")[2], asked.hostname or "")
    if not value or any(map(proxy_bypass, names)):
        return None
    try:
        parts = _parts(value.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    variable = next((n for n, v in _set((f"{kind}_proxy",)) if v == value.strip()), f"{kind}_proxy")
    return Proxy(variable, parts, host, port or _PORTS.get(parts.scheme, 80))


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from, the latest first."""
    one: BaseException | None = error
    for _ in range(_CHAIN):
        if one is None:
            return
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def certificate_problem(error: BaseException) -> str | None:
    """Why a certificate does not hold, where that is what an error means, through its causes."""
    for one in causes(error):
        if "CERTIFICATE_VERIFY_FAILED" in str(one):
            match = re.search(r"certificate verify failed: ([^(\[]+)", str(one))
            return match.group(1).strip() if match else "it cannot be verified"
    return None
