"""The parts, one a line, each with what it needs. Their order is that of a run of everything."""

from collections.abc import Callable
from dataclasses import dataclass

from needs import (
    APACHE, BROTLI, BUILD, FAKETIME, HTTPBIN, IP, JAVA_MANUAL, MICROSOCKS, MOUNT, NGINX, OPENSSL, POSTGRESQL_MANUAL, PYTHON,
    SQUID, STRACE, TINYPROXY, UNSHARE, VALGRIND,
)
from parts import cargo, figures
from parts.crash import crash, disk_full, fsync, kill
from parts.fetch_cost import fetch_cost
from parts.limits import big_bodies, bombs, few_files, idle_hosts, network_loss, stalls
from parts.politeness import clocks, endless, hanging, hanging_pages, parked, rates
from parts.protocol import certificates, credentials, httpbin, httpd, nginx, proxies


@dataclass(frozen=True)
class Part:
    """A part: a function that gets a temporary folder, and raises `Failure` if something does not hold."""

    name: str
    run: Callable
    needs: tuple = ()
    # Runs in `tests/run quick`.
    is_quick: bool = False
    # Runs only if it is named.
    is_extra: bool = False
    # Runs in a network of its own.
    has_network: bool = False
    # Returns why the part is skipped, or `None`.
    skipped: Callable = lambda: None

    def summary(self):
        """Returns one line about the part."""
        return self.run.__doc__.splitlines()[0]


PARTS = [
    Part("format", cargo.check_format, is_quick=True),
    Part("lints", cargo.lints, is_quick=True),
    Part("documentation", cargo.documentation, is_quick=True),
    Part("tests", cargo.tests, is_quick=True),
    Part("conformance", cargo.conformance, is_quick=True, skipped=cargo.no_conformance),
    Part("demo", figures.demo, (BUILD,)),
    Part("one_host", figures.one_host, (BUILD, NGINX, POSTGRESQL_MANUAL)),
    Part("eight_hosts", figures.eight_hosts, (BUILD, NGINX, POSTGRESQL_MANUAL)),
    Part("slow_site", figures.slow_site, (BUILD,)),
    Part("kill", kill.kill, (BUILD,)),
    Part("crash", crash.crash, (BUILD,)),
    Part("rates", rates.rates, (BUILD,)),
    Part("hanging", hanging.hanging, (BUILD,)),
    Part("hanging_pages", hanging_pages.hanging_pages, (BUILD,)),
    Part("parked", parked.parked, (BUILD,)),
    Part("endless", endless.endless, (BUILD,)),
    Part("fsync", fsync.fsync, (BUILD, NGINX, STRACE, JAVA_MANUAL)),
    Part("durable", figures.durable, (BUILD, NGINX, JAVA_MANUAL)),
    Part("frontier", figures.frontier, (BUILD,)),
    Part("disk_full", disk_full.disk_full, (BUILD, MOUNT)),
    Part("clocks", clocks.clocks, (BUILD, FAKETIME)),
    Part("certificates", certificates.certificates, (BUILD, NGINX, OPENSSL)),
    Part("httpd", httpd.httpd, (BUILD, APACHE, OPENSSL)),
    Part("nginx", nginx.nginx, (BUILD, NGINX, OPENSSL)),
    Part("httpbin", httpbin.httpbin, (BUILD, HTTPBIN, BROTLI)),
    Part("proxies", proxies.proxies, (BUILD, TINYPROXY, SQUID, MICROSOCKS, OPENSSL)),
    Part("credentials", credentials.credentials, (BUILD,)),
    Part("bombs", bombs.bombs, (BUILD, BROTLI)),
    Part("stalls", stalls.stalls, (BUILD, PYTHON)),
    Part("big_bodies", big_bodies.big_bodies, (BUILD, PYTHON)),
    Part("idle_hosts", idle_hosts.idle_hosts, (BUILD, PYTHON)),
    Part("few_files", few_files.few_files, (BUILD, PYTHON)),
    Part("network_loss", network_loss.network_loss, (BUILD, PYTHON, IP, UNSHARE), has_network=True),
    Part("fetch_cost", fetch_cost, (VALGRIND,), is_extra=True),
]
BY_NAME = {part.name: part for part in PARTS}
