//! Well-formed and other texts, and the values that are read from them.

use super::{Name, NotWellFormed, StartTag, Visitor, read};

/// Writes down what it receives.
#[derive(Default)]
struct Log(String);

impl Visitor for Log {
    fn start(&mut self, tag: StartTag<'_>) {
        let attributes =
            tag.attributes.iter().map(|one| format!(" {{{}}}{}={:?}", one.namespace, one.name.local, one.value));
        self.0 += &format!("<{{{}}}{}{}>", tag.namespace, tag.name.local, attributes.collect::<String>());
    }

    fn end(&mut self, name: Name<'_>, _: &str) {
        self.0 += &format!("</{}>", name.local);
    }

    fn text(&mut self, text: &str) {
        self.0 += text;
    }
}

fn log(text: &str) -> Result<String, NotWellFormed> {
    let mut log = Log::default();
    read(text, &mut log).map(|()| log.0)
}

const XHTML: &str = r#"<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "xhtml1-strict.dtd">"#;

#[test]
fn well_formed_texts_are_read() {
    for (text, expected) in [
        ("<a/>", "<{}a></a>"),
        ("<?xml version='1.0'?>\n<!-- - --><?p ?><a>x</a>\n<!----><?q?>\n", "<{}a>x</a>"),
        ("<?xml version=\"1.1\" encoding='utf-8' standalone = 'no' ?><a ></a >", "<{}a></a>"),
        ("<a b='1' c=\"'2'\"/>", "<{}a {}b=\"1\" {}c=\"'2'\"></a>"),
        ("<a b=' x\ty\r\nz&#10;'/>", "<{}a {}b=\" x y z\\n\"></a>"),
        ("<a b='>'>a>b]]</a>", "<{}a {}b=\">\">a>b]]</a>"),
        ("<a>&lt;&amp;&gt;&apos;&quot;&#65;&#x42;&#x1F600;</a>", "<{}a><&>'\"AB😀</a>"),
        ("<a><![CDATA[<b>&amp;]] >]]]]><![CDATA[>]]></a>", "<{}a><b>&amp;]] >]]></a>"),
        ("<a>\r\nx\ry</a>", "<{}a>\nx\ny</a>"),
        ("<h:a xmlns:h='u' h:b='1' b='2'/>", "<{u}a {http://www.w3.org/2000/xmlns/}h=\"u\" {u}b=\"1\" {}b=\"2\"></a>"),
        (
            "<a xmlns='u'><b xmlns=''/><c/></a>",
            "<{u}a {http://www.w3.org/2000/xmlns/}xmlns=\"u\"><{}b {http://www.w3.org/2000/xmlns/}xmlns=\"\"></b><{u}c></c></a>",
        ),
        ("<a xml:lang='x'/>", "<{}a {http://www.w3.org/XML/1998/namespace}lang=\"x\"></a>"),
        ("<html><A/></html>", "<{http://www.w3.org/1999/xhtml}html><{http://www.w3.org/1999/xhtml}A></A></html>"),
        ("<héé-1.x_·/>", "<{}héé-1.x_·></héé-1.x_·>"),
        ("<!DOCTYPE a><a/>", "<{}a></a>"),
        ("<!DOCTYPE a SYSTEM 'x'><a>&nbsp;</a>", "<{}a></a>"),
        (
            "<!DOCTYPE a [<!ENTITY e 'x&#38;y;'><!ENTITY y 'z'><!ENTITY e 'no'>]><a b='&e;'>&e;</a>",
            "<{}a {}b=\"xz\">xz</a>",
        ),
        ("<!DOCTYPE a [<!ENTITY e '<b c=\"1\">t</b>'>]><a>&e;</a>", "<{}a><{}b {}c=\"1\">t</b></a>"),
        (
            "<!DOCTYPE a [<!ELEMENT a (b)><!ATTLIST a b CDATA '>'><!-- ] --><?p ]?><!NOTATION n SYSTEM ']'>%p;]><a>&u;</a>",
            "<{}a></a>",
        ),
        (
            "<!DOCTYPE a [<!ENTITY e SYSTEM 'f'><!ENTITY % p 'q'><!ENTITY i PUBLIC 'f' 'g' NDATA n>]><a>&e;</a>",
            "<{}a></a>",
        ),
        ("<!DOCTYPE a [<!ENTITY lt '&#38;#60;'>]><a>&lt;</a>", "<{}a><</a>"),
    ] {
        assert_eq!(log(text).as_deref(), Ok(expected), "{text}");
    }
    let text = XHTML.to_owned() + "<a b='&eacute;'>&nbsp;&NotEqualTilde;&LT;</a>";
    assert_eq!(log(&text).as_deref(), Ok("<{}a {}b=\"é\">\u{a0}≂̸<</a>"));
}

#[test]
fn texts_that_are_not_well_formed_are_refused() {
    for text in [
        "",
        "x",
        "<a>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a></b>",
        "<a><b></a></b>",
        "<a></A>",
        "</a>",
        "<a",
        "<a b",
        "<a b>",
        "<a b=c/>",
        "<a b='1'c='2'/>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<a b='&'/>",
        "<a>&</a>",
        "<a>&nbsp;</a>",
        "<a>&lt</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#x;</a>",
        "<a>&#+65;</a>",
        "<a>&#X41;</a>",
        "<a>&;</a>",
        "<a>& b;</a>",
        "<a>]]></a>",
        "<a><!-- -- --></a>",
        "<a><!-- --->",
        "<a><![CDATA[</a>",
        "<![CDATA[x]]><a/>",
        "<a><!DOCTYPE a></a>",
        " <?xml version='1.0'?><a/>",
        "<?xml?><a/>",
        "<?xml version='2.0'?><a/>",
        "<?xml encoding='x' version='1.0'?><a/>",
        "<?xml version='1.0' encoding=''?><a/>",
        "<?xml version='1.0' standalone='x'?><a/>",
        "<a><?xml version='1.0'?></a>",
        "<?p<a/>",
        "<a>\0</a>",
        "<a>\x08</a>",
        "<a>\u{ffff}</a>",
        "< a/>",
        "<1/>",
        "<-a/>",
        "<a / >",
        "<a b = />",
        "<:a/>",
        "<a:/>",
        "<a:b/>",
        "<a:b:c xmlns:a='u'/>",
        "<a b:c='1'/>",
        "<a xmlns:b=''/>",
        "<a xmlns:xmlns='u'/>",
        "<a xmlns:xml='u'/>",
        "<a xmlns:b='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns:b='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns:p='u' xmlns:q='u' p:x='' q:x=''/>",
        "<a><b xmlns:p='u'/><p:c/></a>",
        "<!DOCTYPE><a/>",
        "<!DOCTYPE a",
        "<!doctype a><a/>",
        "<!DOCTYPE a><!DOCTYPE a><a/>",
        "<!DOCTYPE a PUBLIC 'x'><a/>",
        "<!DOCTYPE a [<!ENTITY e '&e;'>]><a>&e;</a>",
        "<!DOCTYPE a [<!ENTITY e '&f;'><!ENTITY f '&e;'>]><a b='&e;'/>",
        "<!DOCTYPE a [<!ENTITY e '<b>'>]><a>&e;</b></a>",
        "<!DOCTYPE a [<!ENTITY e '</a>'>]><a>&e;",
        "<!DOCTYPE a [<!ENTITY e '<'>]><a b='&e;'/>",
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'f'>]><a b='&e;'/>",
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'f' NDATA n>]><a>&e;</a>",
        "<!DOCTYPE a [<!ENTITY e '&'>]><a/>",
        "<!DOCTYPE a [<!ENTITY e '%p;'>]><a/>",
        "<!DOCTYPE a [<b>]><a/>",
        "<?xml version='1.0' standalone='yes'?><!DOCTYPE a SYSTEM 'x'><a>&u;</a>",
    ] {
        assert_eq!(log(text), Err(NotWellFormed), "{text}");
    }
}

#[test]
fn hostile_texts_are_read_in_time() {
    let laughs: String =
        (1..20).map(|level| format!("<!ENTITY e{level} '{}'>", format!("&e{};", level - 1).repeat(10))).collect();
    let laughs = format!("<!DOCTYPE a [<!ENTITY e0 'ha'>{laughs}]><a>&e15;</a>");
    let in_attribute = laughs.replace("<a>&e15;</a>", "<a b='&e15;'/>");
    let empty = "<!DOCTYPE a [<!ENTITY e ''>]><a>".to_owned() + &"&e;".repeat(1 << 20) + "</a>";
    let deep = "<a>".repeat(200_000) + &"</a>".repeat(200_000);
    let prefixes: String = (0..5_000).map(|number| format!("<a xmlns:p{number}='u'>")).collect();
    let prefixes = prefixes + &"</a>".repeat(5_000);
    for text in [laughs, in_attribute, empty, deep, prefixes, "<a>".to_owned() + &"&".repeat(1 << 20)] {
        assert_eq!(log(&text), Err(NotWellFormed));
    }
    let attributes: String = (0..50_000).map(|number| format!(" a{number}=''")).collect();
    assert!(log(&format!("<a{attributes}/>")).is_ok());
    assert!(log(&("<a>".repeat(50_000) + &"</a>".repeat(50_000))).is_ok());
}
