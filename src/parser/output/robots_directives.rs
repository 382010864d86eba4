//! Robots directives of pages: `politeness.meta_robots` and `politeness.nofollow`.

use std::sync::Arc;

use crate::{frontier::politeness::Obedience, parser::Page, robots::Directives};

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
                let fields = page.headers().all("x-robots-tag").filter_map(|value| std::str::from_utf8(value).ok());
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
            Obedience::Obey => !rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("nofollow")),
        }
    }
}
