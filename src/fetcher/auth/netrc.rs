//! `.netrc`: machines with logins, as ftp, curl and others keep them.

use url::Url;

/// Machines, at most: what is behind them is passed over.
const MAX_MACHINES: usize = 10_000;

/// Credentials for a host, whatever scheme and port.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Machine {
    name: String,
    pub(super) login: String,
    pub(super) password: String,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Machine").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The machines of a file. `default` is passed over: a crawler would tell it to every host it meets; so are macros.
pub(super) fn machines(text: &str) -> Vec<Machine> {
    let mut machines: Vec<Machine> = Vec::new();
    // Whether what follows belongs to the last machine.
    let mut is_open = false;
    let mut words = words(text);
    while let Some(word) = words.next() {
        match word {
            "machine" if machines.len() >= MAX_MACHINES => break,
            "machine" => {
                let name = words.next().unwrap_or_default().to_ascii_lowercase();
                machines.push(Machine { name, login: String::new(), password: String::new() });
                is_open = true;
            }
            "default" | "macdef" => is_open = false,
            "login" | "password" => {
                let value = words.next().unwrap_or_default();
                if let Some(machine) = machines.last_mut().filter(|_| is_open) {
                    let field = if word == "login" { &mut machine.login } else { &mut machine.password };
                    value.clone_into(field);
                }
            }
            _ => {}
        }
    }
    machines
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(str::split_whitespace).map(|word| word.trim_matches('"'))
}

/// The credentials for a URL.
pub(super) fn find<'a>(machines: &'a [Machine], url: &Url) -> Option<&'a Machine> {
    let host = url.host_str()?;
    machines.iter().find(|machine| machine.name == host && !machine.login.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read() {
        let text = "# mine\nmachine A.example\n  login me\n  password \"se#cret\"\n\
                    machine b.example login you password p account x\ndefault login all password all\n\
                    macdef init\ncd /\n";
        let machines = machines(text);
        let told = |url: &str| {
            find(&machines, &url.parse().unwrap()).map(|machine| (machine.login.clone(), machine.password.clone()))
        };
        assert_eq!(told("https://a.example:8443/x"), Some(("me".into(), "se#cret".into())));
        assert_eq!(told("http://b.example/"), Some(("you".into(), "p".into())));
        assert_eq!(told("http://c.example/"), None);
    }
}
