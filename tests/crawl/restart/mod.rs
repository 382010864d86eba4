//! Crawls that continue with another configuration, and states of an older format.

mod graph;
mod upgrade;

use std::{
    collections::BTreeSet,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use graph::{Graph, Node, Proxy};
use tempfile::TempDir;

use crate::{
    process::{end_of, log, records},
    site::Site,
};

/// A stored crawl, run after run.
struct Crawl {
    proxy: Proxy,
    folder: TempDir,
}

impl Crawl {
    fn new(graph: Graph) -> Self {
        Self { proxy: Proxy::start(graph), folder: tempfile::tempdir().unwrap() }
    }

    /// Runs the crawl with these arguments. Returns the exit code.
    fn run(&self, arguments: &str) -> i32 {
        run(self.folder.path(), &self.proxy, arguments)
    }

    /// Returns the URLs of all records, without their scheme. Each is there once.
    fn pages(&self) -> BTreeSet<String> {
        pages(self.folder.path())
    }
}

/// Runs a crawl in a folder. Words of the arguments are separated by blanks.
fn run(folder: &Path, proxy: &Proxy, arguments: &str) -> i32 {
    let usual = ["crawl", "--state", "state", "-o", "out.jsonl", "--delay", "0s", "--contact", "a@example.org"];
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    command.args(usual).args(["--set", &proxy.setting()]).args(arguments.split_whitespace()).current_dir(folder);
    let code = end_of(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()).code();
    code.unwrap_or_else(|| panic!("{}", self::log(folder)))
}

fn pages(folder: &Path) -> BTreeSet<String> {
    let urls: Vec<_> = records(folder).iter().map(|record| record["url"].as_str().unwrap()[7..].to_owned()).collect();
    let set: BTreeSet<_> = urls.iter().cloned().collect();
    assert_eq!(urls.len(), set.len(), "a record is there twice: {urls:?}");
    set
}

fn set(urls: &str) -> BTreeSet<String> {
    urls.split_whitespace().map(str::to_owned).collect()
}

/// Runs `lycosa state check` on a folder's state, which must be sound.
fn check(folder: &Path) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_lycosa")).args(["state", "check", "state"]).current_dir(folder).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn two_hosts() -> Graph {
    Graph::new(&[
        ("a.example/", "/1 /2 /3 b.example/"),
        ("a.example/1", ""),
        ("a.example/2", ""),
        ("a.example/3", ""),
        ("b.example/", "/1 /2 /3"),
        ("b.example/1", ""),
        ("b.example/2", ""),
        ("b.example/3", ""),
    ])
}

#[test]
fn a_seed_is_removed_and_added_again() {
    let crawl = Crawl::new(two_hosts());
    assert_eq!(crawl.run("http://a.example/ http://b.example/ --set limits.pages=3"), 14);
    crawl.proxy.take_requests();
    assert_eq!(crawl.run("http://a.example/"), 0, "{}", log(crawl.folder.path()));
    assert!(crawl.proxy.take_requests().iter().all(|url| url.starts_with("a.example")));
    let left: BTreeSet<_> = two_hosts().0.into_keys().filter(|url| !crawl.pages().contains(url)).collect();
    assert!(!left.is_empty() && left.iter().all(|url| url.starts_with("b.example")), "{left:?}");
    check(crawl.folder.path());
    assert!(log(crawl.folder.path()).contains("crawl.seeds"), "the changed key is named");
    assert_eq!(crawl.run("http://a.example/ http://b.example/"), 0);
    assert_eq!(crawl.pages(), two_hosts().0.into_keys().collect());
    check(crawl.folder.path());
}

#[test]
fn an_exclude_is_added_and_removed() {
    let crawl = Crawl::new(two_hosts());
    assert_eq!(crawl.run("http://a.example/ --set limits.pages=1"), 14);
    assert_eq!(crawl.run("http://a.example/ --set scope.exclude=[\"*/2\",\"*/3\"]"), 0);
    assert_eq!(crawl.pages(), set("a.example/ a.example/1"));
    let explained = Command::new(env!("CARGO_BIN_EXE_lycosa"))
        .args(["explain", "http://a.example/2", "--state", "state", "--set", "scope.exclude=[\"*/2\"]"])
        .current_dir(crawl.folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&explained.stdout);
    assert!(text.contains("set aside on ") && text.contains("by configuration 2, first used on "), "{text}");
    assert_eq!(crawl.run("http://a.example/"), 0);
    assert_eq!(crawl.pages(), set("a.example/ a.example/1 a.example/2 a.example/3"));
    check(crawl.folder.path());
}

#[test]
fn a_deeper_crawl_rechecks_known_pages() {
    let chain = [("a.example/", "/1 /x"), ("a.example/1", "/2"), ("a.example/2", "/3"), ("a.example/3", "/4 /")];
    let chain =
        Graph::new(&[&chain[..], &[("a.example/4", "/5"), ("a.example/5", "/6"), ("a.example/6", "")]].concat());
    let crawl = Crawl::new(chain.clone());
    assert_eq!(crawl.run("http://a.example/ --depth 1"), 0);
    assert_eq!(crawl.pages(), chain.within("a.example/", 1));
    assert_eq!(crawl.run("http://a.example/ --depth 5"), 0);
    assert_eq!(crawl.pages(), chain.within("a.example/", 1), "refused links are not stored");
    assert_eq!(crawl.run("http://a.example/ --depth 5 --recheck"), 0);
    assert_eq!(crawl.pages(), chain.within("a.example/", 5));
    check(crawl.folder.path());
    crawl.proxy.take_requests();
    assert_eq!(crawl.run("http://a.example/ --depth 5 --recheck"), 0);
    assert_eq!(crawl.proxy.take_requests(), Vec::<String>::new(), "every page is of this configuration");
}

#[test]
fn a_wider_scope_rechecks_and_a_narrower_one_sets_aside() {
    let graph = Graph::new(&[
        ("www.a.example/", "/1 shop.a.example/"),
        ("www.a.example/1", "news.a.example/"),
        ("shop.a.example/", "/1 /2"),
        ("shop.a.example/1", ""),
        ("shop.a.example/2", "/3"),
        ("shop.a.example/3", "www.a.example/late"),
        ("news.a.example/", ""),
        ("www.a.example/late", ""),
    ]);
    let crawl = Crawl::new(graph.clone());
    let host = set("www.a.example/ www.a.example/1");
    assert_eq!(crawl.run("http://www.a.example/ --scope host"), 0);
    assert_eq!(crawl.pages(), host);
    assert_eq!(crawl.run("http://www.a.example/ --scope domain --recheck --set limits.pages=4"), 14);
    crawl.proxy.take_requests();
    assert_eq!(crawl.run("http://www.a.example/ --scope host"), 0);
    assert!(crawl.proxy.take_requests().iter().all(|url| url.starts_with("www.")));
    check(crawl.folder.path());
    assert_eq!(crawl.run("http://www.a.example/ --scope domain --recheck"), 0);
    assert_eq!(crawl.pages(), graph.0.into_keys().collect());
    check(crawl.folder.path());
}

#[test]
fn a_host_out_of_scope_is_not_asked_for_its_robots_txt() {
    let crawl = Crawl::new(two_hosts());
    assert_eq!(crawl.run("http://a.example/ http://b.example/ --set limits.pages=1"), 14);
    let folder = crawl.folder.path().to_owned();
    let before = std::fs::read_to_string(folder.join("log")).unwrap().len();
    assert_eq!(crawl.run("http://a.example/ -v"), 0);
    assert!(!log(&folder)[before..].contains("b.example/robots.txt"));
}

#[test]
fn endless_subdomains_are_limited_across_a_restart() {
    let host = |number: usize| format!("n{number}.trap.example/");
    let links = |from: usize| (from * 3 + 1..from * 3 + 4).map(host).collect::<Vec<_>>().join(" ");
    let mut pages: Vec<_> = (1..200).map(|number| (host(number), links(number))).collect();
    pages.push(("trap.example/".to_owned(), format!("{} {} good.example/", links(0), host(1))));
    pages.push(("good.example/".to_owned(), String::new()));
    let pages: Vec<_> = pages.iter().map(|(page, links)| (page.as_str(), links.as_str())).collect();
    let crawl = Crawl::new(Graph::new(&pages));
    let arguments = "http://trap.example/ --scope any --set traps.subdomains=20";
    assert_eq!(crawl.run(&format!("{arguments} --set limits.pages=18")), 14);
    assert_eq!(crawl.run(arguments), 0);
    let trapped = || crawl.pages().iter().filter(|url| url.starts_with('n')).count();
    assert_eq!((trapped(), crawl.pages().contains("good.example/")), (20, true));
    let lines = log(crawl.folder.path());
    assert_eq!(lines.matches("further subdomains of this domain are refused").count(), 2, "once per run: {lines}");
    let explained = Command::new(env!("CARGO_BIN_EXE_lycosa"))
        .args(["explain", "http://n190.trap.example/", "--state", "state", "--set", "scope.kind=any"])
        .args(["--set", "traps.subdomains=20"])
        .current_dir(crawl.folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&explained.stdout);
    assert!(text.contains("its domain already has traps.subdomains = 20 subdomains"), "{text}");
    check(crawl.folder.path());
    // A higher limit admits more, and 0 means no limit.
    assert_eq!(crawl.run("http://trap.example/ --scope any --set traps.subdomains=25 --recheck"), 0);
    assert_eq!(trapped(), 25);
    assert_eq!(crawl.run("http://trap.example/ --scope any --set traps.subdomains=0 --recheck"), 0);
    assert_eq!(crawl.pages().len(), 201);
}

#[test]
fn depth_is_the_shortest_way_known() {
    // `/both` is found at depth 3 first, and at depth 2 after it was parsed.
    let graph = Graph::new(&[
        ("a.example/", "/hub /1"),
        ("a.example/hub", "/both"),
        ("a.example/1", "/2"),
        ("a.example/2", "/both"),
        ("a.example/both", "/three /both"),
        ("a.example/three", "/four"),
        ("a.example/four", ""),
    ]);
    let crawl = Crawl::new(graph.clone().slow("a.example/hub", 700));
    assert_eq!(crawl.run("http://a.example/ --depth 3 --host-concurrency 4"), 0);
    assert_eq!(crawl.pages(), graph.within("a.example/", 3));
    let requests = crawl.proxy.take_requests();
    assert_eq!(requests.iter().filter(|url| *url == "a.example/both").count(), 2, "{requests:?}");
    check(crawl.folder.path());
}

#[test]
fn a_queued_page_gets_the_shorter_depth_without_another_visit() {
    // The long way is found while `/hub` is slow, and `/both` waits behind pages that are slow, too.
    let mut pages = vec![("a.example/".to_owned(), "/hub /1".to_owned())];
    pages.extend(
        [("/hub", "/both"), ("/1", "/2"), ("/both", "/three"), ("/three", "/four"), ("/four", "")]
            .map(|(page, links)| (format!("a.example{page}"), links.to_owned())),
    );
    let slow: Vec<_> = (0..12).map(|page| format!("/s{page}")).collect();
    pages.push(("a.example/2".to_owned(), format!("{} /both", slow.join(" "))));
    pages.extend(slow.iter().map(|page| (format!("a.example{page}"), String::new())));
    let pages: Vec<_> = pages.iter().map(|(page, links)| (page.as_str(), links.as_str())).collect();
    let mut graph = Graph::new(&pages).slow("a.example/hub", 300);
    for page in &slow {
        graph = graph.slow(&format!("a.example{page}"), 150);
    }
    let crawl = Crawl::new(graph.clone());
    assert_eq!(crawl.run("http://a.example/ --depth 3 --host-concurrency 2"), 0);
    assert_eq!(crawl.pages(), graph.within("a.example/", 3));
    let requests = crawl.proxy.take_requests();
    assert_eq!(requests.iter().filter(|url| *url == "a.example/both").count(), 1, "{requests:?}");
}

#[test]
fn random_graphs_are_crawled_to_their_depth() {
    for seed in 0..12 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let size = rng.usize(10..40);
        let name = |page| format!("h{}.example/{page}", page % 3);
        let node = |rng: &mut fastrand::Rng| {
            let links = (0..rng.usize(0..4)).map(|_| name(rng.usize(0..size))).collect();
            Node { links, delay: Duration::from_millis(rng.u64(0..4) * 15) }
        };
        let graph = Graph((0..size).map(|page| (name(page), node(&mut rng))).collect());
        let depth = rng.usize(1..6);
        let crawl = Crawl::new(graph.clone());
        let arguments = format!("http://{} --scope any --host-concurrency 3 --depth", name(0));
        // In two runs: the first is stopped early, or does not go as deep.
        let (first, code) = match rng.bool() {
            true => (format!("{depth} --set limits.pages={}", rng.usize(1..8)), None),
            false => (format!("{}", rng.usize(1..=depth)), Some(0)),
        };
        let ended = crawl.run(&format!("{arguments} {first}"));
        assert!(code.is_none_or(|code| code == ended), "{seed}: {ended}");
        assert_eq!(crawl.run(&format!("{arguments} {depth} --recheck")), 0, "{seed}");
        assert_eq!(crawl.pages(), graph.within(&name(0), depth), "{seed}: {graph:?}");
        check(crawl.folder.path());
    }
}

#[test]
fn seeds_of_a_pipe_are_remembered_with_their_scope_and_exemption() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let start = |input: &str, more: &[&str]| {
        let file: PathBuf = folder.path().join("input");
        std::fs::write(&file, input).unwrap();
        let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
        let usual = ["crawl", "-", "--state", "state", "-o", "out.jsonl", "--delay", "0s"];
        let shell = ["-c", "cat input | exec \"$@\"", "sh", env!("CARGO_BIN_EXE_lycosa")];
        let mut command = Command::new("sh");
        command.args(shell).args(usual).args(more).current_dir(folder.path()).stderr(log);
        end_of(command.stdout(Stdio::null()).spawn().unwrap()).code().unwrap()
    };
    let seed = format!("{}\n", site.url("/links?n=30&to=/links%3Fn=2%26to=/page/"));
    assert_eq!(start(&seed, &["--set", "limits.pages=10"]), 14, "{}", log(folder.path()));
    assert_eq!(start("", &[]), 0, "{}", log(folder.path()));
    let visits = site.visits_to("/page/");
    assert!(pages(folder.path()).len() > 30, "{} visits", visits.len());
    check(folder.path());
}
