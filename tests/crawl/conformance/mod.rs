//! Public test suites as data, in the folder `LYCOSA_CONFORMANCE`. Each line is a JSON object with a `tier`: every `must`
//! has to pass. Of all other tiers only the number is printed (visible with `--nocapture`).

use std::{collections::BTreeMap, fmt, fs, path::PathBuf, time::Duration};

use lycosa::{Fingerprint, Request, Robots, canonical, registrable};
use serde_json::Value;
use url::{Position, Url};

/// Links, bases and charsets of pages.
mod html;
/// Normal forms of another library.
mod normal_forms;
/// Crawls with many kinds of responses to /robots.txt.
mod robots_http;
/// Sitemaps and feeds.
mod sitemap;

/// Returns the lines of a file of the suites. Empty if the variable is not set.
fn cases(file: &str) -> Vec<Value> {
    let Some(folder) = std::env::var_os("LYCOSA_CONFORMANCE").map(PathBuf::from) else {
        println!("{file}: LYCOSA_CONFORMANCE is unset, nothing to do");
        return Vec::new();
    };
    let text = fs::read_to_string(folder.join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_default()
}

/// Returns a field, or the field with the suffix for Base64 if the value is not valid UTF-8.
fn bytes(case: &Value, field: &str) -> Vec<u8> {
    match case[format!("{field}_b64")].as_str() {
        Some(encoded) => base64(encoded),
        None => text(case, field).as_bytes().to_vec(),
    }
}

fn base64(encoded: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for byte in encoded.bytes().filter(|byte| *byte != b'=') {
        let digit = digits.iter().position(|digit| *digit == byte).unwrap();
        (bits, count) = (bits << 6 | u32::try_from(digit).unwrap(), count + 6);
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

/// Counts of cases by tier, and the failures.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<String, (usize, usize)>,
    failed: Vec<String>,
}

impl Tally {
    /// Counts a case.
    fn add(&mut self, case: &Value, got: impl fmt::Debug, expected: impl fmt::Debug) {
        let (got, expected) = (format!("{got:?}"), format!("{expected:?}"));
        let tier = case["tier"].as_str().unwrap_or("should").to_owned();
        let (passed, all) = self.counts.entry(tier.clone()).or_default();
        *passed += usize::from(got == expected);
        *all += 1;
        if got != expected {
            self.failed.push(format!("{tier} {}: {got} instead of {expected}", text(case, "id")));
        }
    }

    /// Like `close`, but also fails if the share of passed cases is below `share`.
    fn close_at(self, file: &str, share: f64) {
        let graded = self.counts.iter().filter(|(tier, _)| matches!(tier.as_str(), "must" | "should"));
        let (passed, all) = graded.fold((0, 0), |(passed, all), (_, count)| (passed + count.0, all + count.1));
        self.close(file);
        assert!(passed as f64 >= share * all as f64, "{file}: {passed} of {all}");
    }

    /// Prints the counts, and fails if a `must` case failed.
    fn close(self, file: &str) {
        for (tier, (passed, all)) in &self.counts {
            println!("{file}: {tier} {passed} of {all}");
        }
        for line in &self.failed {
            println!("{file}: {line}");
        }
        let must: Vec<_> = self.failed.iter().filter(|line| line.starts_with("must")).collect();
        assert!(must.is_empty(), "{file}: {must:#?}");
    }
}

/// Makes a case of a suite without tiers a `must`.
fn must(mut case: Value) -> Value {
    case["tier"] = "must".into();
    case
}

/// Returns the path in the request line for a URL, which may be only a path, or empty.
fn path_of(url: &str) -> String {
    let base: Url = "http://robots.test/".parse().unwrap();
    let url = base.join(url).unwrap_or(base);
    url[Position::BeforePath..Position::AfterQuery].to_owned()
}

#[test]
fn robots_rules() {
    let mut tally = Tally::default();
    for case in cases("robots/cases.jsonl") {
        let robots = Robots::parse(&bytes(&case, "robots"), text(&case, "agent"));
        let expected = case["allow"].as_bool().unwrap();
        tally.add(&case, robots.allows(&path_of(text(&case, "url"))), expected);
    }
    tally.close("robots/cases.jsonl");
}

#[test]
fn robots_extras() {
    let mut tally = Tally::default();
    for case in cases("robots/extras.jsonl") {
        let robots = Robots::parse(&bytes(&case, "robots"), text(&case, "agent"));
        let expected = &case["expect"];
        match text(&case, "kind") {
            "sitemaps" => {
                let expected: Vec<_> = expected.as_array().unwrap().iter().filter_map(Value::as_str).collect();
                let base: Url = "http://domain.com/robots.txt".parse().unwrap();
                let found: Vec<_> = robots.sitemaps().iter().map(|url| base.join(url).unwrap()).collect();
                tally.add(&case, found.iter().map(Url::as_str).collect::<Vec<_>>(), expected);
            }
            "crawl_delay" if expected.is_string() => tally.add(&case, (), ()), // any Duration is finite and positive
            "crawl_delay" => tally.add(&case, robots.crawl_delay(), expected.as_f64().map(Duration::from_secs_f64)),
            "request_rate" => {
                let interval =
                    expected["seconds"].as_f64().map(|seconds| seconds / expected["requests"].as_f64().unwrap());
                tally.add(&case, robots.crawl_delay(), interval.map(Duration::from_secs_f64));
            }
            kind => panic!("{kind}"),
        }
    }
    tally.close("robots/extras.jsonl");
}

#[test]
fn url_join() {
    let mut tally = Tally::default();
    for case in cases("url/join.jsonl") {
        if !case["rust_url_known_fail"].is_null() {
            continue;
        }
        let href = text(&case, "href");
        let url = case["base"].as_str().map_or_else(|| Url::parse(href), |base| Url::parse(base)?.join(href));
        let case = if case["crawlable"] == true { must(case) } else { case };
        let expected = case["expected"].as_str();
        tally.add(&case, url.as_ref().map(Url::as_str).ok(), expected);
    }
    tally.close("url/join.jsonl");
}

#[test]
fn url_fingerprints() {
    let mut tally = Tally::default();
    for case in cases("url/fingerprint.jsonl") {
        let fingerprint = |field| Fingerprint::from_request(&Request::get(text(&case, field).parse().unwrap()));
        tally.add(&case, fingerprint("a") == fingerprint("b"), case["same"].as_bool().unwrap());
    }
    tally.close("url/fingerprint.jsonl");
}

#[test]
fn registrable_domains() {
    let mut tally = Tally::default();
    for case in cases("url/psl.jsonl").into_iter().map(must) {
        // Without a registrable domain our function returns the host itself. IDNs are in Punycode.
        let url = |host| Url::parse(&format!("http://{host}/"));
        let expected = case["registrable"].as_str().map(|host| url(host).unwrap().host_str().unwrap().to_owned());
        let Ok(url) = url(text(&case, "host")) else {
            tally.add(&case, None::<String>, expected);
            continue;
        };
        let host = url.host_str().unwrap().to_owned();
        tally.add(&case, registrable(&url), expected.unwrap_or(host));
    }
    tally.close("url/psl.jsonl");
}

/// Normal forms of other libraries. Differences are only counted.
#[test]
fn other_normal_forms() {
    for file in ["url/canonicalize.jsonl", "url/canonicalize_fuzz_seeds.jsonl"] {
        let mut tally = Tally::default();
        for mut case in cases(file) {
            case["tier"] = "info".into();
            let ours = Url::parse(text(&case, "in")).ok().map(|url| canonical(url.as_str()).into_owned());
            let expected = case["out"].as_str();
            tally.add(&case, ours, expected);
        }
        tally.close(file);
    }
}
