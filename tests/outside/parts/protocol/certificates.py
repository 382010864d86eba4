"""TLS with good and bad certificates, made on the spot and served by nginx."""

import subprocess
import time

from checks import Failure, check_body, check_failure
from processes import free_port
from servers import nginx

AUTHORITY = """
[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
certificate = root.pem
private_key = root.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
# The servers, each with the certificate of its name.
NAMES = ("good", "expired", "other", "self")


def certificates(folder):
    """Checks which certificates are accepted, client certificates, and the minimum version of TLS."""
    Authority(folder).make_all()
    ports = {name: free_port() for name in (*NAMES, "mutual", "old")}
    with nginx.configured(folder, ports["good"], servers(folder, ports)):
        urls = {name: f"https://localhost:{port}/" for name, port in ports.items()}
        check_servers(folder, urls, ports)
    print("    a client certificate is sent to a server that asks, and no TLS older than `tls.min_version` is used")
    print("    a good certificate is accepted; expired, of another host, self-signed and of an unknown root are not")


class Authority:
    """A root, and certificates that it has signed."""

    def __init__(self, folder):
        self.folder = folder

    def make_all(self):
        year = int(time.strftime("%Y"))
        now, later = f"{year - 1}0101000000Z", f"{year + 2}0101000000Z"
        self.make_key("root")
        self.sign_itself("root", "basicConstraints=critical,CA:TRUE")
        (self.folder / "index").write_text("")
        (self.folder / "serial").write_text("01\n")
        (self.folder / "ca.conf").write_text(AUTHORITY)
        self.make("good", "localhost", now, later)
        self.make("expired", "localhost", f"{year - 2}0101000000Z", now)
        self.make("other", "other.example", now, later)
        self.make("client", "client.example", now, later)
        self.make_key("self")
        self.sign_itself("self", "subjectAltName=DNS:localhost")

    def make(self, name, host, start, end):
        """Makes a certificate for a host, valid from `start` to `end`, and signs it."""
        self.make_key(name)
        self.openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        (self.folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\nbasicConstraints=CA:FALSE\n")
        self.openssl(
            "ca", "-batch", "-notext", "-config", "ca.conf", "-in", f"{name}.csr", "-out", f"{name}.pem",
            "-extfile", f"{name}.ext", "-startdate", start, "-enddate", end,
        )

    def make_key(self, name):
        self.openssl("genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")

    def sign_itself(self, name, extension):
        self.openssl(
            "req", "-x509", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-days", "30", "-addext", extension,
            "-out", f"{name}.pem",
        )

    def openssl(self, *arguments):
        run = subprocess.run(["openssl", *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if run.returncode != 0:
            raise Failure(f"openssl {' '.join(arguments)} ended with {run.returncode}: {run.stderr}")


def servers(folder, ports):
    """Returns nginx's configuration: a server for each name, one that asks for a certificate, and one with TLS 1.2 only."""
    text = ""
    for name in NAMES:
        text += server(ports[name], folder, name, f'return 200 "{name}";')
    text += server(
        ports["mutual"], folder, "good",
        f'ssl_client_certificate {folder}/root.pem; ssl_verify_client on; return 200 "$ssl_client_s_dn";',
    )
    return text + server(ports["old"], folder, "good", 'ssl_protocols TLSv1.2; return 200 "$ssl_protocol";')


def server(port, folder, certificate, more):
    files = f"ssl_certificate {folder}/{certificate}.pem; ssl_certificate_key {folder}/{certificate}.key;"
    return f"server {{ listen 127.0.0.1:{port} ssl; {files} {more} }}\n"


def check_servers(folder, urls, ports):
    trusting = trust(folder / "root.pem")
    check_body("good", *trusting, urls["good"])
    check_failure("tls: ", urls["good"])
    for name in ("expired", "other", "self"):
        check_failure("tls: ", *trusting, urls[name])
    check_body("self", "--set", 'tls.insecure=["localhost"]', urls["self"])
    # openssl marks this certificate as an authority. If it is configured as trusted, it is accepted for the server that it
    # names, and for no other.
    check_body("self", *trust(folder / "self.pem"), urls["self"])
    check_failure("tls: ", *trust(folder / "self.pem"), f"https://127.0.0.1:{ports['self']}/")
    client = ("--set", f"tls.client_certificate={folder}/client.pem", "--set", f"tls.client_key={folder}/client.key")
    check_body("CN=client", *trusting, *client, urls["mutual"])
    check_failure("status 400", *trusting, urls["mutual"])
    check_body("TLSv1.2", *trusting, urls["old"])
    check_failure("tls: ", *trusting, "--set", "tls.min_version=1.3", urls["old"])


def trust(file):
    """Returns arguments that add a root."""
    return ("--set", f'tls.ca=["{file}"]')
