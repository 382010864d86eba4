//! The robots.txt of one host.

use url::Url;

use crate::{
    base::time::Wall,
    config::Config,
    crawler::{client::fetch_once, moment::moment},
    error::Result,
    frontier::commit::inspect::StoredHost,
    http::request::Request,
    robots::Robots,
    urls::canonical::root,
};

/// The robots.txt of a host, and what it allows by RFC 9309.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RobotsCheck {
    /// URL of the file.
    pub url: Url,
    /// User agent that the rules are for.
    pub agent: String,
    /// Status of the last response, if there was one.
    pub status: Option<u16>,
    /// When it was fetched, unless just now.
    fetched: Option<Wall>,
    /// The rules, empty if the host has no such file; or why it cannot be fetched, which forbids everything for now.
    pub rules: Result<Robots, String>,
}

impl RobotsCheck {
    /// Creates a check from the stored copy of a crawl.
    pub(super) fn from_stored(host: &StoredHost, config: &Config, url: &Url) -> Self {
        let rules = match (&host.robots, &host.robots_error) {
            (Some((robots, _)), _) => Ok(robots.clone()),
            (None, Some(message)) => Err(message.to_string()),
            (None, None) => Err("the crawl has no copy of it, and fetches it before the next page".to_owned()),
        };
        let agent = config.crawl.robots_agent();
        let fetched = host.robots.as_ref().map(|(_, at)| *at);
        Self { url: file_of(url), agent, status: None, rules, fetched }
    }

    /// Returns true if a page of the host may be fetched.
    #[must_use]
    pub fn allows(&self, url: &Url) -> bool {
        self.rules.as_ref().is_ok_and(|rules| rules.allows(&path_of(url)))
    }

    /// Returns what the file says about a page of the host, in one sentence.
    #[must_use]
    pub fn about(&self, url: &Url) -> String {
        let fetched = self.fetched.map(|at| format!(", fetched on {}", moment(at)));
        let (rules, status) = match (&self.rules, self.status) {
            (Err(message), _) => return format!("forbids everything for now: it cannot be fetched ({message})"),
            (Ok(_), Some(status @ 300..)) => return format!("allows it: there is no such file (status {status})"),
            (Ok(rules), status) => {
                (rules, status.map(|status| format!(", status {status}")).or(fetched).unwrap_or_default())
            }
        };
        match rules.rule_for(&path_of(url)) {
            Some(rule) => {
                let verb = if self.allows(url) { "allows" } else { "forbids" };
                format!("{verb} it: line {}, {rule} ({}{status})", rule.line(), self.url)
            }
            None => format!("allows it: no line matches ({}{status})", self.url),
        }
    }
}

/// Fetches the robots.txt of the host of `url`, and reads it for `agent` or the configuration's user agent.
///
/// Needs an actix system on this thread (`#[actix_rt::main]`).
///
/// # Errors
/// If the configuration has errors.
pub async fn check_robots(config: &Config, url: &Url, agent: Option<&str>) -> Result<RobotsCheck> {
    let file = file_of(url);
    let trace = fetch_once(config, Request::get(file.clone())).await?;
    let status = trace.hops.last().and_then(|hop| hop.status);
    let agent = agent.map_or_else(|| config.crawl.robots_agent(), str::to_owned);
    let rules = match (trace.result, status) {
        (Ok(body), Some(200..300)) => Ok(Robots::parse(&body, &agent)),
        (_, Some(429 | 500..)) => Err(format!("status {}", status.unwrap_or_default())),
        (_, Some(300..500)) => Ok(Robots::default()),
        (Ok(_), Some(_) | None) => Err("no usable response".to_owned()),
        (Err(error), Some(_) | None) => Err(error.to_string()),
    };
    Ok(RobotsCheck { url: file, agent, status, rules, fetched: None })
}

/// Returns the URL of the robots.txt of a URL's host.
fn file_of(url: &Url) -> Url {
    let mut file = root(url);
    file.set_path("/robots.txt");
    file
}

/// Returns path and query, as in a request line.
fn path_of(url: &Url) -> String {
    url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_about_a_page() {
        let url: Url = "http://a.example/x?y".parse().unwrap();
        let check = |rules: Result<&str, &str>, status| RobotsCheck {
            url: "http://a.example/robots.txt".parse().unwrap(),
            agent: "lycosa".to_owned(),
            status: Some(status),
            fetched: None,
            rules: rules.map(|text| Robots::parse(text.as_bytes(), "lycosa")).map_err(str::to_owned),
        };
        for (robots, allows, message) in [
            (
                check(Ok("User-agent: *\nDisallow: /x"), 200),
                false,
                "forbids it: line 2, Disallow: /x (http://a.example/robots.txt, status 200)",
            ),
            (
                check(Ok("User-agent: *\nAllow: /*?y"), 200),
                true,
                "allows it: line 2, Allow: /*?y (http://a.example/robots.txt, status 200)",
            ),
            (check(Ok(""), 200), true, "allows it: no line matches (http://a.example/robots.txt, status 200)"),
            (check(Ok(""), 404), true, "allows it: there is no such file (status 404)"),
            (check(Err("status 503"), 503), false, "forbids everything for now: it cannot be fetched (status 503)"),
        ] {
            assert_eq!((robots.allows(&url), robots.about(&url).as_str()), (allows, message));
        }
    }
}
