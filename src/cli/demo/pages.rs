//! The pages of the demo: most are slow, as on the real web, and some are special.

use std::{io, time::Duration};

use super::site::{self, Child, Reply};

/// The hidden subcommand that serves the site, by calling [`serve`].
pub(crate) const SUBCOMMAND: &str = "serve-demo";

/// Number of slow pages.
const SLOW: u32 = 12;

/// Response time of a slow page.
const DELAY: Duration = Duration::from_secs(2);

/// Number of quick pages.
const QUICK: u32 = 4;

/// Starts the site in a child process.
///
/// # Errors
/// If it does not start.
pub(crate) fn start() -> io::Result<Child> {
    Child::spawn(&[SUBCOMMAND])
}

/// Serves the site until standard input ends, in the child process.
///
/// # Errors
/// If it cannot listen on loopback.
pub(crate) fn serve() -> io::Result<()> {
    actix_rt::System::new().block_on(site::serve(1, answer))
}

/// Total response time of the slow pages.
pub(crate) fn one_after_the_other() -> Duration {
    DELAY * SLOW
}

/// Returns the response for a path.
fn answer(path: &str) -> Reply {
    match path {
        "/robots.txt" => Reply::text("User-agent: *\nDisallow: /private/\n"),
        "/" => Reply::html(index()),
        "/moved" => Reply::redirect("/quick/1"),
        _ => numbered(path).unwrap_or_else(Reply::not_found),
    }
}

fn index() -> String {
    let mut html = "<title>The web of a spider without one</title>\n<ul>\n".to_owned();
    let mut link = |path: &str, text: &str| html.push_str(&format!("<li><a href=\"{path}\">{text}</a>\n"));
    (1..=SLOW).for_each(|number| link(&format!("/slow/{number}"), &format!("slow page {number}")));
    (1..=QUICK).for_each(|number| link(&format!("/quick/{number}"), &format!("quick page {number}")));
    link("/moved", "a page that has moved");
    link("/missing", "a page that is not there");
    link("/private/diary", "a page that robots.txt forbids");
    html.push_str("</ul>\n");
    html
}

fn numbered(path: &str) -> Option<Reply> {
    let (kind, number) = path.strip_prefix('/')?.split_once('/')?;
    let number: u32 = number.parse().ok()?;
    let (last, delay) = match kind {
        "slow" => (SLOW, DELAY),
        "quick" => (QUICK, Duration::ZERO),
        _ => return None,
    };
    let html = format!("<title>{kind} page {number}</title>\n<p>Page {number} of {last}. <a href=\"/\">Back</a>.\n");
    (1..=last).contains(&number).then(|| Reply::html(html).after(delay))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_page_is_there() {
        for (path, status) in [
            ("/", "200"),
            ("/robots.txt", "200"),
            ("/slow/12", "200"),
            ("/slow/13", "404"),
            ("/quick/0", "404"),
            ("/moved", "301"),
            ("/missing", "404"),
            ("/private/diary", "404"),
        ] {
            assert!(format!("{:?}", answer(path)).contains(&format!("status: {status}")), "{path}");
        }
    }
}
