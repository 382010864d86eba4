//! Query parameters that tell where a visitor came from and change nothing else.

/// Their names, beside everything that begins with `utm_`.
const NAMES: [&str; 28] = [
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "_openstat",
    "dclid",
    "epik",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "igshid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "s_cid",
    "srsltid",
    "ttclid",
    "twclid",
    "vero_id",
    "wbraid",
    "wickedid",
    "yclid",
];

/// Whether a parameter is one, in any case.
pub(super) fn is_tracking(name: &str) -> bool {
    let begins_so = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("utm_"));
    begins_so || NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}
