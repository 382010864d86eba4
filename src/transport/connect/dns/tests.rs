//! The resolver against a server with a table of answers.

use std::{cell::RefCell, collections::HashMap, net::SocketAddr, rc::Rc};

use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata::SOA},
};
use tokio::{net::UdpSocket, task::yield_now};

use super::*;
use crate::failure::Stage;

/// A DNS server on loopback.
pub(crate) struct Names {
    pub(crate) config: Config,
    asked: Rc<RefCell<Vec<String>>>,
    socket: Rc<UdpSocket>,
    held: Held,
}

/// Answers not sent yet, and where to.
type Held = Rc<RefCell<Vec<(Vec<u8>, SocketAddr)>>>;

/// For each name its answers: the first for the first query, the last for all later ones. Addresses and time to live.
type Table = HashMap<&'static str, Vec<(&'static [&'static str], u32)>>;

impl Names {
    pub(crate) async fn serve(table: Table) -> Self {
        let socket = Rc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let config = Config { servers: vec![Server(socket.local_addr().unwrap())], ..Config::default() };
        let (asked, held) = <(Rc<RefCell<Vec<_>>>, Held)>::default();
        let names = Self { config, asked: asked.clone(), socket: socket.clone(), held: held.clone() };
        actix_rt::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let Some(answer) = answer(&table, &asked, &question) else { continue };
                let answer = answer.to_vec().unwrap();
                let query = question.queries.first().unwrap();
                if query.name().to_string().starts_with("late.") && query.query_type() == RecordType::AAAA {
                    held.borrow_mut().push((answer, from));
                } else {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        });
        names
    }

    /// Sends the answers held back so far: those to `late.* AAAA`.
    pub(crate) async fn release(&self) {
        for (answer, from) in self.held.take() {
            self.socket.send_to(&answer, from).await.unwrap();
        }
    }

    fn asked(&self, question: &str) -> usize {
        self.asked.borrow().iter().filter(|asked| *asked == question).count()
    }
}

fn answer(table: &Table, asked: &RefCell<Vec<String>>, question: &Message) -> Option<Message> {
    let query = question.queries.first().unwrap();
    // Not `to_ascii`, which escapes.
    let labels: Vec<_> = query.name().iter().map(String::from_utf8_lossy).collect();
    let name = &*labels.join(".");
    let asking = format!("{name} {}", query.query_type());
    let times = asked.borrow().iter().filter(|before| **before == asking).count();
    asked.borrow_mut().push(asking);
    let is_silent = match name.split('.').next() {
        Some("silent") => true,
        Some("without4") => query.query_type() == RecordType::A,
        Some("without6") => query.query_type() == RecordType::AAAA,
        _ => false,
    };
    if is_silent {
        return None;
    }
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.add_query(query.clone());
    let Some(turns) = table.get(name) else {
        answer.metadata.response_code = ResponseCode::NXDomain;
        let soa = SOA::new(Name::root(), Name::root(), 1, 1, 1, 1, 30);
        answer.authorities.push(Record::from_rdata(Name::root(), 30, RData::SOA(soa)));
        return Some(answer);
    };
    let (addresses, ttl) = turns[times.min(turns.len() - 1)];
    for address in addresses {
        let data = match (address.parse::<IpAddr>().unwrap(), query.query_type()) {
            (IpAddr::V4(v4), RecordType::A) => RData::A(v4.into()),
            (IpAddr::V6(v6), RecordType::AAAA) => RData::AAAA(v6.into()),
            _ => continue,
        };
        answer.answers.push(Record::from_rdata(query.name().clone(), ttl, data));
    }
    Some(answer)
}

#[actix_rt::test]
async fn both_families_are_asked_for_and_answers_are_kept() {
    let names = Names::serve(HashMap::from([
        ("both.example", vec![(&["192.0.2.1", "2001:db8::1"][..], 60)]),
        ("four.example", vec![(&["192.0.2.4"][..], 60)]),
        ("changing.example", vec![(&["192.0.2.5"][..], 0), (&["192.0.2.6"][..], 0)]),
    ]))
    .await;
    let dns = Dns::new(&names.config, Duration::from_secs(5));
    let [v4, v6] = ["192.0.2.1", "2001:db8::1"].map(|text| text.parse::<IpAddr>().unwrap());
    for _ in 0..3 {
        let mut both = dns.look_up("both.example").await.unwrap();
        both.sort();
        assert_eq!(both, [v4, v6]);
        assert_eq!(dns.look_up("four.example").await.unwrap(), ["192.0.2.4".parse::<IpAddr>().unwrap()]);
        let missing = dns.look_up("missing.example").await.unwrap_err();
        assert_eq!(missing, FetchError::Dns("no such name".into()));
    }
    for question in ["both.example A", "both.example AAAA", "four.example A", "missing.example A"] {
        assert_eq!(names.asked(question), 1, "{question}");
    }
    for address in ["192.0.2.5", "192.0.2.6"] {
        assert_eq!(dns.look_up("changing.example").await.unwrap(), [address.parse::<IpAddr>().unwrap()]);
    }
    // Names with a dot are not completed.
    assert!(names.asked.borrow().iter().all(|asked| asked.split(' ').next().unwrap().ends_with(".example")));
}

#[actix_rt::test]
async fn a_family_without_an_answer_does_not_hold_up_the_other() {
    let both: &[_] = &["192.0.2.1", "2001:db8::1"];
    let table = ["without4.example", "without6.example", "late.example"].map(|name| (name, vec![(both, 60)]));
    let names = Names::serve(HashMap::from(table)).await;
    let [v4, v6] = ["192.0.2.1", "2001:db8::1"].map(|text| text.parse::<IpAddr>().unwrap());
    let patient = Dns::new(&names.config, Duration::from_secs(600));
    let found = timeout(Duration::from_secs(60), patient.look_up("without6.example")).await.unwrap();
    assert_eq!(found.unwrap(), [v4]);
    let dns = Dns::new(&names.config, Duration::from_millis(200));
    assert_eq!(dns.look_up("without4.example").await.unwrap(), [v6]);
    assert_eq!(dns.look_up("silent.example").await.unwrap_err(), FetchError::Timeout(Stage::Dns));
    // What comes too late is there the next time.
    assert_eq!(patient.look_up("late.example").await.unwrap(), [v4]);
    names.release().await;
    while patient.look_up("late.example").await.unwrap() != [v6, v4] {
        names.release().await;
    }
    // The one of `without6.example` is still waited for.
    while patient.late.get() > 1 {
        names.release().await;
        yield_now().await;
    }
}

#[actix_rt::test]
async fn labels_are_looked_up_as_they_are() {
    let names = ["-dash.example", "under_score.example", "a!b.example", "xn--bcher-kva.example"];
    let table = names.map(|name| (name, vec![(&["192.0.2.1"][..], 60)]));
    let server = Names::serve(HashMap::from(table)).await;
    let dns = Dns::new(&server.config, Duration::from_secs(5));
    for name in names {
        assert_eq!(dns.look_up(name).await.unwrap(), ["192.0.2.1".parse::<IpAddr>().unwrap()], "{name}");
        assert!(dns.look_up(&format!("{name}.")).await.is_ok(), "{name}.");
        assert_eq!(server.asked(&format!("{name} A")), 1);
    }
    for name in ["", "a..example", &format!("{}.example", "x".repeat(64)), &"x.".repeat(200)] {
        assert!(matches!(dns.look_up(name).await, Err(FetchError::Dns(_))), "{name}");
    }
}

#[actix_rt::test]
async fn this_machine_needs_no_server_and_silence_is_a_timeout() {
    let names = Names::serve(HashMap::new()).await;
    let dns = Dns::new(&names.config, Duration::from_millis(100));
    let found = dns.look_up("localhost").await.unwrap();
    assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
    assert!(names.asked.borrow().is_empty());
    assert_eq!(dns.look_up("silent.example").await.unwrap_err(), FetchError::Timeout(Stage::Dns));
    assert!(matches!(dns.look_up("no name").await, Err(FetchError::Dns(_))));
}

#[actix_rt::test]
async fn a_silent_server_is_asked_four_times() {
    let names = Names::serve(HashMap::new()).await;
    for limit in [100, 400, 1000] {
        names.asked.borrow_mut().clear();
        let dns = Dns::new(&names.config, Duration::from_millis(limit));
        assert_eq!(dns.look_up("silent.example").await.unwrap_err(), FetchError::Timeout(Stage::Dns));
        // A lookup that is late goes on for as long again.
        while dns.late.get() > 0 {
            names.release().await;
            yield_now().await;
        }
        assert!(names.asked.borrow().len() <= 4, "{limit}: {:?}", names.asked.borrow());
    }
}
