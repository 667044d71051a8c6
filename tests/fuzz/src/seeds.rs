//! What damage begins with: good and bad examples of each language.

use std::path::Path;

/// Examples of one language, and the words that it is made of.
#[derive(Debug)]
pub struct Seeds {
    /// The examples.
    pub examples: Vec<Vec<u8>>,
    /// The words.
    pub words: &'static [&'static str],
}

impl Seeds {
    /// Configuration files: the corpus of good and broken ones.
    pub fn configs() -> Seeds {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/config");
        let mut paths: Vec<_> = ["good", "bad"]
            .iter()
            .flat_map(|folder| std::fs::read_dir(corpus.join(folder)).expect("the corpus is there"))
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .collect();
        // The order of a folder is the file system's own.
        paths.sort();
        Seeds {
            examples: paths.iter().map(|path| std::fs::read(path).expect("a file of the corpus")).collect(),
            words: &[
                "\"",
                "'",
                "\"\"\"",
                "'''",
                "[",
                "]",
                "[[",
                "{",
                "}",
                "=",
                ",",
                ".",
                "\n",
                "\r\n",
                "\t",
                "#",
                "\\",
                "\\u00e9",
                "\\q",
                "é",
                "😀",
                "\u{feff}",
                "\0",
                "${env:X}",
                "${",
                "{body.id}",
                "-1",
                "1e999",
                "nan",
                "1979-05-27",
                "99999999999999999999d",
                "x = 1\n",
                "[source.a]\n",
                "[route.b]\n",
                "[plugin.c]\n",
                "filter = '@.body.a == 1'\n",
                "match = { \"body.a\" = 1 }\n",
            ],
        }
    }

    /// Filters.
    pub fn filters() -> Seeds {
        let examples = [
            "@.body.action == 'opened' && @.body.n > 9",
            "@.headers['x-topic'] == \"orders\" || !(@.type == 'a')",
            "@.body.items[?@.price > 10 && @.of[0] == null].name",
            "length(@.body.tags) == 2 && count(@.body.items[*]) >= 1",
            "value(@.body.items[-1].price) <= 1.5e3",
            "@.body['a b'][1:5:2] != true",
        ];
        Seeds {
            examples: examples.map(|example| example.as_bytes().to_vec()).to_vec(),
            words: &[
                "@", ".body", ".type", ".source", ".headers", "['x']", "[0]", "[*]", "[?", "[1:2]", "]", "(",
                ")", "==", "!=", "<=", " && ", " || ", "!", "'", "\"", "\\", "\\u0041", "1", "-1", "1e9",
                "null", "true", "length(", "count(", "value(", "match(", "search(", "$", "..", ",", " ", "é",
                "\n",
            ],
        }
    }

    /// Components: one of ours, and small ones whose outside is all there is.
    pub fn components() -> Seeds {
        let mut examples: Vec<Vec<u8>> =
            SMALL.iter().map(|text| wat::parse_str(text).expect("the small components read")).collect();
        examples.extend(hookgate_connectors::EMBEDDED.iter().map(|plugin| plugin.component.to_vec()));
        Seeds {
            examples,
            words: &[
                "\0asm\x0d\0\x01\0",
                "\0asm\x01\0\0\0",
                "hookgate:plugin/",
                "@0.1.0",
                "@0.2.0",
                "transform",
                "wasi:cli/run",
                "hookgate:manifest",
                "\x7f",
                "\x01",
                "\0",
                "{",
                "}",
                "\"name\":",
                "[",
                "\u{80}",
            ],
        }
    }
}

/// What a component may look like from outside: imports, exports, sections of ours, and none of it true.
const SMALL: [&str; 3] = [
    r#"(component
         (import "hookgate:plugin/config@0.1.0" (instance (export "get" (func (result string)))))
         (instance $t) (export "hookgate:plugin/transform@0.1.0" (instance $t))
         (@custom "hookgate:manifest" "{\"name\":\"a\",\"version\":\"1\",\"asks\":[\"clock\"]}")
         (@custom "hookgate:fixtures" "{\"a\":{\"b\":1}}"))"#,
    r#"(component
         (import "wasi:cli/environment@0.2.0" (instance))
         (instance $t) (export "hookgate:plugin/route@0.1.0" (instance $t)))"#,
    r#"(component
         (core module (memory 1) (func))
         (component (import "inner" (func)))
         (import "hookgate:plugin/log@0.2.0" (instance)))"#,
];
