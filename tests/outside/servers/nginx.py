"""nginx as a server of this machine, without root and without files outside the part's folder."""

import contextlib

from processes import free_port, server

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
HOSTS = [f"127.0.0.{host}" for host in range(1, 9)]


@contextlib.contextmanager
def files(folder, root):
    """Serves the files of `root` on 127.0.0.1 to 127.0.0.8 until the block ends. Yields the port."""
    port = free_port()
    listen = "\n".join(f"listen {host}:{port};" for host in HOSTS)
    config = f"""
        keepalive_requests 1000000;
        types {{ text/html html; text/css css; image/svg+xml svg; }}
        server {{
            root {root};
            {listen}
        }}
    """
    with configured(folder, port, config, address=HOSTS[-1]):
        yield port


def configured(folder, port, config, address="127.0.0.1"):
    """Runs nginx with this text in its `http` block until the block ends; it must listen on the port."""
    paths = "\n".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
    file = folder / "nginx.conf"
    file.write_text(f"""
        daemon off;
        master_process off;
        error_log stderr crit;
        pid {folder}/nginx.pid;
        events {{ worker_connections 4096; }}
        http {{
            access_log off;
            {paths}
            {config}
        }}
    """)
    return server(port, "nginx", "-e", "stderr", "-p", folder, "-c", file, address=address)
