//! Secrets are hidden in logs, in `lycosa check`, and wherever a request or configuration is printed.

use std::borrow::Cow;

/// Replaces a secret.
pub(crate) const HIDDEN: &str = "***";

/// Parts of the names of secret headers. Hiding too much does no harm.
const SECRETS: [&str; 7] = ["auth", "cookie", "token", "secret", "password", "api-key", "apikey"];

/// Returns true for names of headers whose values are secret.
#[must_use]
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.contains(secret))
}

/// Hides user and password of every URL in a text.
#[must_use]
pub(crate) fn without_credentials(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let authority = after.split(['/', '?', '#', '\\', ' ', '"', '\'']).next().unwrap_or_default();
        out.extend([before, "://"]);
        rest = match authority.rfind('@') {
            Some(at) => {
                out.push_str(HIDDEN);
                after.get(at..).unwrap_or_default()
            }
            None => after,
        };
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_hidden_wherever_they_stand() {
        for (text, shown) in [
            ("http://user:pass@a.example/x@y", "http://***@a.example/x@y"),
            ("a.example proxy=socks5://u:p@h:1 x", "a.example proxy=socks5://***@h:1 x"),
            ("http://a@b:c@d/", "http://***@d/"),
            ("http://a.example/?u=http://x:y@b/", "http://a.example/?u=http://***@b/"),
            ("me@example.org", "me@example.org"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }

    #[test]
    fn names_that_promise_a_secret() {
        for name in ["Authorization", "proxy-authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "Client-Secret"] {
            assert!(is_secret_name(name), "{name}");
        }
        assert!(!["Accept", "User-Agent", "X-Own", "Referer"].into_iter().any(is_secret_name));
    }
}
