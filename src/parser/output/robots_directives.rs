//! Robots directives of pages: `politeness.meta_robots` and `politeness.nofollow`.

use std::sync::Arc;

use crate::{base::text::tokens, frontier::politeness::Obedience, parser::Page, robots::Directives};

/// Robots directives of pages that the crawl obeys.
#[derive(Clone, Debug)]
pub(crate) struct RobotsDirectivePolicy {
    /// Name of the crawler in robots directives. It starts with its product token.
    pub(crate) agent: Arc<str>,
    /// `politeness.meta_robots`
    pub(crate) meta_robots: Obedience,
    /// `politeness.nofollow`
    pub(crate) nofollow: Obedience,
}

impl Default for RobotsDirectivePolicy {
    fn default() -> Self {
        Self { agent: "lycosa".into(), meta_robots: Obedience::Obey, nofollow: Obedience::Obey }
    }
}

impl RobotsDirectivePolicy {
    /// Returns the directives that apply to a page as a whole.
    pub(crate) fn directives(&self, page: &Page) -> Directives {
        match self.meta_robots {
            Obedience::Ignore => Directives::default(),
            Obedience::Obey => {
                let fields = page.headers().texts("x-robots-tag");
                let fields = fields.map(|value| Directives::from_field(value, &self.agent));
                let metas = page.scan().robots_tags();
                let metas = metas.map(|(name, content)| Directives::from_meta(name, content, &self.agent));
                fields.chain(metas).fold(Directives::default(), Directives::and)
            }
        }
    }

    /// Returns true if a link with this `rel` may be followed.
    pub(crate) fn may_follow(&self, rel: &str) -> bool {
        match self.nofollow {
            Obedience::Ignore => true,
            Obedience::Obey => !tokens(rel).any(|token| token.eq_ignore_ascii_case("nofollow")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_separator_of_relations_counts() {
        let policy = RobotsDirectivePolicy::default();
        for (rel, may_follow) in [
            ("", true),
            ("next prev", true),
            ("nofollowed", true),
            ("NoFollow", false),
            ("external,nofollow", false),
            ("ugc;nofollow,sponsored", false),
            ("ugc\u{a0}nofollow", false),
            (",nofollow;", false),
        ] {
            assert_eq!(policy.may_follow(rel), may_follow, "{rel}");
        }
    }

    #[test]
    fn fields_that_are_not_utf_8_are_obeyed() {
        for (field, expected) in [
            (&b"noindex, note: caf\xe9"[..], Directives { noindex: true, nofollow: false }),
            (b"\xff; nofollow", Directives { noindex: false, nofollow: true }),
            (b"none\xa0", Directives { noindex: true, nofollow: true }),
        ] {
            let request = crate::http::request::Request::get("http://a.example/".parse().unwrap());
            let headers = [("x-robots-tag", field)].into_iter().collect();
            let page = Page::from_parts(request, 200, headers, bytes::Bytes::new());
            assert_eq!(RobotsDirectivePolicy::default().directives(&page), expected, "{field:?}");
        }
    }
}
