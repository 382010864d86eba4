#!/usr/bin/env python3
"""Fetches every row of the tables with curl and Chromium, and prints their results for references.txt.

Needs curl, chromium and cargo. Run `reference.py > new.txt` in any folder, then replace references.txt. It takes some
minutes.
"""
import concurrent.futures, http.server, json, os, re, shutil, subprocess, sys, tempfile, threading, urllib.parse

WAIT = 3
HERE = os.path.dirname(os.path.abspath(__file__))
CURL = {1: "protocol", 3: "url", 6: "dns", 7: "connect", 8: "weird answer", 18: "partial", 23: "write", 28: "waits",
        47: "too many redirects", 52: "empty answer", 55: "send", 56: "receive", 61: "encoding", 63: "too large"}
PROBE = """<script>
const rows = %s, base = "%s";
const read = async answer => {
  const reader = answer.body?.getReader(), signs = [];
  for (let part; reader && signs.length < 2e5 && !(part = await reader.read()).done;)
    for (const byte of part.value.slice(0, 2e5)) signs.push(String.fromCharCode(byte));
  reader?.cancel();
  return signs.join("");
};
const look = async ([method, path]) => {
  try {
    const answer = await fetch(base + path, {method, cache: "no-store", signal: AbortSignal.timeout(%d)});
    const head = {status: answer.status, url: answer.url};
    try { return {...head, body: await read(answer)} }
    catch (error) { return {...head, error: error.name} }
  } catch (error) { return {error: error.name} }
};
(async () => {
  for (const row of rows) {
    const late = new Promise(done => setTimeout(done, %d, {error: "TimeoutError"}));
    const found = await Promise.race([look(row), late]);
    // More than once where a row has taken Chromium's network process with it.
    for (let told = false; !told;)
      told = await fetch("/tell", {method: "POST", body: JSON.stringify({row, ...found})}).then(() => true, () => false);
  }
  await fetch("/tell", {method: "POST", body: "null"});
})();
</script>"""


def page(place):
    return f"<title>{place}</title><p>The page of {place} and of nothing else."


def words(path, status, url, body):
    """Returns the result of a row, given what was read."""
    place = re.sub(r"^https?://[^/]*", "", url.split("#")[0])
    if body == page(place):
        said = "page" if place == path else "lands"
    elif body == "":
        said = "empty"
    else:
        said = "other"
    return said if status == 200 else f"{said} {status}"


def curl(base, method, path):
    with tempfile.NamedTemporaryFile() as out:
        line = ["curl", "-sSL", "--compressed", "--max-redirs", "20", "-m", str(WAIT), "--max-filesize", "2000000", "-o", out.name,
                "-w", "%{http_code} %{url_effective}", base + path]
        line += ["-I"] if method == "HEAD" else ["-X", method] if method != "GET" else []
        done = subprocess.run(line, capture_output=True, text=True, errors="replace")
        status, _, url = done.stdout.partition(" ")
        if done.returncode:
            return f"error: {CURL.get(done.returncode, done.returncode)}"
        body = "" if method == "HEAD" else open(out.name, "rb").read(200000).decode("latin-1")
        return words(path, int(status), url, body)


def chromium(base, rows):
    told, over = {}, threading.Event()

    class Control(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def answer(self, body):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.answer((PROBE % (json.dumps(rows), base, WAIT * 1000, WAIT * 1500)).encode())

        def do_POST(self):
            said = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if said is None:
                over.set()
            else:
                told[said["row"][1]] = said
            self.answer(b"")

    control = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Control)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    folder = tempfile.mkdtemp()
    log = os.path.join(folder, "net.json")
    browser = subprocess.Popen(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-web-security", f"--user-data-dir={folder}/profile",
         f"--log-net-log={log}", f"http://127.0.0.1:{control.server_port}/"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    over.wait(600)
    browser.terminate()
    browser.wait()
    errors = net_errors(log)
    shutil.rmtree(folder, ignore_errors=True)
    return {path: chromium_words(path, told.get(path), errors) for _, path in rows}


def chromium_words(path, said, errors):
    if said is None:
        return "not seen"
    if said.get("error") == "TimeoutError":
        return "waits"
    if "error" in said:
        return f"error: {errors.get(path, said['error'])}"
    return words(path, said["status"], said["url"], said["body"])


def net_errors(log):
    """Returns the last error of each URL, by path, from the log of Chromium."""
    text = open(log).read()
    try:
        events = json.loads(text)
    except ValueError:
        events = json.loads(text.rstrip().rstrip(",") + "]}")
    names = {code: name for name, code in events["constants"]["netError"].items()}
    urls, found = {}, {}
    for event in events["events"]:
        params, source = event.get("params") or {}, event["source"]["id"]
        if "url" in params:
            # An error after a redirect belongs to the first URL.
            urls.setdefault(source, urllib.parse.unquote(urllib.parse.urlsplit(params["url"]).path))
        error = params.get("net_error")
        if error and source in urls and names.get(error) != "ERR_ABORTED":
            found[urls[source]] = names.get(error, str(error)).removeprefix("ERR_").lower().replace("_", " ")
    return found


def main():
    serve = ["cargo", "test", "-q", "--test", "crawl", "hostile::serve_rows", "--", "--ignored", "--nocapture"]
    server = subprocess.Popen(serve, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    rows, floods, base = [], set(), None
    for line in server.stdout:
        word, _, rest = line.strip().partition(" ")
        if word == "at":
            base = rest.rstrip("/")
        elif word == "row":
            rows.append(rest.split(" ", 1))
        elif word == "flood":
            floods.add(rest)
        elif word == "end":
            break
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        by_curl = list(pool.map(lambda row: curl(base, *row), rows))
    # Chromium reads an endless body until memory is exhausted.
    by_chromium = chromium(base, [row for row in rows if row[1] not in floods])
    server.stdin.close()
    version = lambda name: subprocess.run([name, "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    print(f"# Results of reference.py: {' '.join(version('curl').split()[:2])}, {' '.join(version('chromium').split()[:2])}.")
    print("# path | curl | Chromium")
    for (_, path), said in zip(rows, by_curl):
        print(f"{path} | {said} | {by_chromium.get(path, '-')}")


if __name__ == "__main__":
    sys.exit(main())
