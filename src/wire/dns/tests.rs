//! The resolver against a server that says what a table says.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{RData, Record, RecordType, rdata::SOA},
};
use tokio::net::UdpSocket;

use super::*;

/// A DNS server on loopback.
pub(in crate::wire) struct Names {
    pub(in crate::wire) config: Config,
    asked: Rc<RefCell<Vec<String>>>,
}

/// What the server says of a name, the first time and from then on: addresses, with this time to live.
type Table = HashMap<&'static str, Vec<(&'static [&'static str], u32)>>;

impl Names {
    pub(in crate::wire) async fn serve(table: Table) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let config = Config { servers: vec![Server(socket.local_addr().unwrap())], ..Config::default() };
        let asked = Rc::new(RefCell::new(Vec::new()));
        let heard = asked.clone();
        actix_rt::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let question = Message::from_vec(&buffer[..length]).unwrap();
                if let Some(answer) = answer(&table, &heard, &question) {
                    socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
                }
            }
        });
        Self { config, asked }
    }

    fn asked(&self, question: &str) -> usize {
        self.asked.borrow().iter().filter(|asked| *asked == question).count()
    }
}

fn answer(table: &Table, asked: &RefCell<Vec<String>>, question: &Message) -> Option<Message> {
    let query = question.queries.first().unwrap();
    let name = query.name().to_string();
    let name = name.trim_end_matches('.');
    let asking = format!("{name} {}", query.query_type());
    let times = asked.borrow().iter().filter(|before| **before == asking).count();
    asked.borrow_mut().push(asking);
    if name == "silent.example" {
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
async fn this_machine_needs_no_server_and_silence_is_a_timeout() {
    let names = Names::serve(HashMap::new()).await;
    let dns = Dns::new(&names.config, Duration::from_millis(100));
    let found = dns.look_up("localhost").await.unwrap();
    assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
    assert!(names.asked.borrow().is_empty());
    assert_eq!(dns.look_up("silent.example").await.unwrap_err(), FetchError::Timeout(Stage::Dns));
    assert!(matches!(dns.look_up("no name").await, Err(FetchError::Dns(_))));
}
