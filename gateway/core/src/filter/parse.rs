//! From a filter's text to its tree: the library reads, the fence and the roots are ours.

use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter as Read, FilterAtom, FnArg, JpQuery, Literal, Segment, Selector,
    SingularQuery, SingularQuerySegment, Test, TestFunction,
};
use jsonpath_rust::parser::parse_json_path;
use serde_json::Value;

use super::{Expr, FilterError, Operand, Operator, Query, Root, Step};

/// What stands around a condition to make a query of it.
const BEFORE: &str = "$[?";

pub(super) fn filter(text: &str) -> Result<Expr, FilterError> {
    let reader = Reader { text };
    reader.words()?;
    let query =
        parse_json_path(&format!("{BEFORE}{text}]")).map_err(|error| reader.unread(&error.to_string()))?;
    match query.segments.as_slice() {
        [Segment::Selector(Selector::Filter(read))] => reader.expr(read),
        _ => Err(reader.wrong(
            0,
            "this is more than one condition",
            "write one condition: @.body.n > 3 && @.type == 'a'",
        )),
    }
}

/// Knows the text, for places.
struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn wrong(&self, at: usize, why: impl Into<String>, help: impl Into<String>) -> FilterError {
        FilterError { at: at.min(self.text.len()), why: why.into(), help: help.into() }
    }

    /// Refuses what is fenced off, at the place of its sign.
    fn fenced<T>(&self, sign: &str, why: &str, help: &str) -> Result<T, FilterError> {
        Err(self.wrong(self.place(sign), why, help))
    }

    /// Returns where a sign stands first, outside of quotes.
    fn place(&self, sign: &str) -> usize {
        unquoted(self.text).find(|(at, _)| self.text[*at..].starts_with(sign)).map_or(0, |(at, _)| at)
    }

    /// Two words side by side would be read as one name with a space in it, and be false without a word.
    fn words(&self) -> Result<(), FilterError> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut last = ' ';
        let mut space = true;
        for (at, c) in unquoted(self.text) {
            if c.is_whitespace() {
                space = true;
                continue;
            }
            if space && (is_word(c) || c == '[') {
                let word: String = self.text[at..].chars().take_while(|c| is_word(*c)).collect();
                let help = match word.as_str() {
                    "and" => "write && for `and`",
                    "or" => "write || for `or`",
                    "not" => "write ! for `not`",
                    "in" | "contains" | "matches" => {
                        "JSONPath has no such operator: use `match = { \"body.a\" = { in = [\"x\"] } }` beside the filter"
                    }
                    _ if is_word(last) => {
                        "put an operator between them, or quote a name with a space: @.body['a b']"
                    }
                    _ => "",
                };
                if !help.is_empty() {
                    return Err(self.wrong(at, "a word stands where an operator belongs", help));
                }
            }
            (last, space) = (c, false);
        }
        Ok(())
    }

    fn unread(&self, error: &str) -> FilterError {
        // The library's error names line and column of the query around the text.
        let column = error
            .split("--> 1:")
            .nth(1)
            .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next())
            .and_then(|digits| digits.parse::<usize>().ok());
        let at = column.map_or(0, |column| {
            let skipped = column.saturating_sub(1 + BEFORE.len());
            self.text.char_indices().nth(skipped).map_or(self.text.len(), |(at, _)| at)
        });
        let help = if self.text.contains(".headers.") {
            "a name with a dash is quoted: @.headers['x-example']"
        } else if self.text.contains(" = ") {
            "a comparison is written == : @.body.action == 'opened'"
        } else {
            "write a condition such as @.body.action == 'opened' && @.body.number > 10"
        };
        self.wrong(at, "this filter does not read from here on", help)
    }

    fn expr(&self, read: &Read) -> Result<Expr, FilterError> {
        match read {
            Read::Or(parts) => Ok(Expr::Any(self.exprs(parts)?)),
            Read::And(parts) => Ok(Expr::All(self.exprs(parts)?)),
            Read::Atom(FilterAtom::Filter { expr, not }) => Ok(negated(self.expr(expr)?, *not)),
            Read::Atom(FilterAtom::Test { expr, not }) => Ok(negated(Expr::Exists(self.tested(expr)?), *not)),
            Read::Atom(FilterAtom::Comparison(comparison)) => self.comparison(comparison),
        }
    }

    fn exprs(&self, parts: &[Read]) -> Result<Vec<Expr>, FilterError> {
        parts.iter().map(|part| self.expr(part)).collect()
    }

    fn comparison(&self, comparison: &Comparison) -> Result<Expr, FilterError> {
        let operator = match comparison {
            Comparison::Eq(..) => Operator::Eq,
            Comparison::Ne(..) => Operator::Ne,
            Comparison::Gt(..) => Operator::Gt,
            Comparison::Gte(..) => Operator::Gte,
            Comparison::Lt(..) => Operator::Lt,
            Comparison::Lte(..) => Operator::Lte,
        };
        let (left, right) = comparison.vals();
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        if let (Operand::One(query), Operand::Literal(Value::Number(number)))
        | (Operand::Literal(Value::Number(number)), Operand::One(query)) = (&left, &right)
            && query.root != Root::Body
        {
            let why = format!("{query} is a text and never compares with the number {number}");
            return Err(self.wrong(
                self.place(&number.to_string()),
                why,
                format!("write '{number}', or compare a value of the body"),
            ));
        }
        Ok(Expr::Compare(left, operator, right))
    }

    fn operand(&self, comparable: &Comparable) -> Result<Operand, FilterError> {
        match comparable {
            Comparable::Literal(literal) => Ok(Operand::Literal(value(literal))),
            Comparable::SingularQuery(SingularQuery::Current(segments)) => {
                Ok(Operand::One(self.query(singular(segments))?))
            }
            Comparable::SingularQuery(SingularQuery::Root(_)) => self.root_refused(),
            Comparable::Function(function) => self.function(function),
        }
    }

    fn function(&self, function: &TestFunction) -> Result<Operand, FilterError> {
        match function {
            TestFunction::Length(argument) => {
                let query = self.argument(argument)?;
                if query.beyond.is_some() {
                    let help = "count() counts what a query with * finds";
                    return self.fenced("length(", "length() takes a path to one value", help);
                }
                Ok(Operand::Length(query))
            }
            TestFunction::Count(argument) => Ok(Operand::Count(self.argument(argument)?)),
            TestFunction::Value(argument) => Ok(Operand::Only(self.argument(argument)?)),
            TestFunction::Search(..) | TestFunction::Match(..) | TestFunction::Custom(..) => {
                self.function_refused(function)
            }
        }
    }

    fn function_refused<T>(&self, function: &TestFunction) -> Result<T, FilterError> {
        let (sign, why, help) = match function {
            TestFunction::Search(..) => ("search(", "search() is not available in a filter", USE_REGEX),
            TestFunction::Match(..) => ("match(", "match() is not available in a filter", USE_REGEX),
            TestFunction::Length(_)
            | TestFunction::Value(_)
            | TestFunction::Count(_)
            | TestFunction::Custom(..) => (
                "(",
                "this function is not available in a filter",
                "length(), count() and value() are; `match` beside the filter has more operators",
            ),
        };
        self.fenced(sign, why, help)
    }

    fn argument(&self, argument: &FnArg) -> Result<Query, FilterError> {
        match argument {
            FnArg::Test(test) => self.tested(test),
            FnArg::Literal(_) | FnArg::Filter(_) => {
                self.fenced("(", "this function takes a path", "write a path: length(@.body.items)")
            }
        }
    }

    fn tested(&self, test: &Test) -> Result<Query, FilterError> {
        match test {
            Test::RelQuery(segments) => self.query(segments.clone()),
            Test::AbsQuery(_) => self.root_refused(),
            Test::Function(function)
                if matches!(
                    **function,
                    TestFunction::Length(_) | TestFunction::Count(_) | TestFunction::Value(_)
                ) =>
            {
                self.fenced(
                    "(",
                    "this function's result has to be compared",
                    "write a comparison: length(@.body.items) > 0",
                )
            }
            Test::Function(function) => self.function_refused(function),
        }
    }

    fn root_refused<T>(&self) -> Result<T, FilterError> {
        self.fenced("$", "a filter looks at the envelope, which is `@`", "write @.body.… for $.body.…")
    }

    /// Reads segments below the envelope.
    fn query(&self, segments: Vec<Segment>) -> Result<Query, FilterError> {
        self.fence(&segments)?;
        let mut segments = segments.into_iter().peekable();
        let root = match segments.next() {
            Some(Segment::Selector(Selector::Name(name))) => name,
            _ => return Err(self.wrong(self.place("@"), "this says nothing of what to look at", ROOTS)),
        };
        let root = match root.as_str() {
            "source" => Root::Source,
            "type" => Root::Type,
            "body" => Root::Body,
            "headers" => match segments.next() {
                Some(Segment::Selector(Selector::Name(name))) => Root::Header(name.to_ascii_lowercase()),
                _ => {
                    return self.fenced(
                        "headers",
                        "no header field is named",
                        "name one: @.headers['x-example']",
                    );
                }
            },
            other => {
                let why = format!("`{other}` is no part of the envelope");
                return Err(self.wrong(self.place(other), why, ROOTS));
            }
        };
        if root != Root::Body && segments.peek().is_some() {
            return Err(self.wrong(0, "nothing stands below a text", ROOTS));
        }
        let mut steps = Vec::new();
        while let Some(step) = segments.peek().and_then(step) {
            steps.push(step);
            segments.next();
        }
        let rest: Vec<Segment> = segments.collect();
        let beyond = (!rest.is_empty()).then(|| JpQuery::new(rest));
        Ok(Query { root, steps, beyond })
    }

    /// What would cost time without bound, or look elsewhere.
    fn fence(&self, segments: &[Segment]) -> Result<(), FilterError> {
        for segment in segments {
            match segment {
                Segment::Descendant(_) => {
                    return self.fenced(
                        "..",
                        "`..` is not available in a filter",
                        "name the path to it: @.body.a.b",
                    );
                }
                Segment::Selectors(_) => {
                    return self.fenced(
                        ",",
                        "one bracket takes one selector",
                        "write two conditions with || between them",
                    );
                }
                Segment::Selector(Selector::Filter(read)) => self.fence_inner(read)?,
                Segment::Selector(_) => {}
            }
        }
        Ok(())
    }

    /// A filter within a query: its `@` is an item, so its roots are free, but the fence holds.
    fn fence_inner(&self, read: &Read) -> Result<(), FilterError> {
        match read {
            Read::Or(parts) | Read::And(parts) => parts.iter().try_for_each(|part| self.fence_inner(part)),
            Read::Atom(FilterAtom::Filter { expr, .. }) => self.fence_inner(expr),
            Read::Atom(FilterAtom::Test { expr, .. }) => self.fence_test(expr),
            Read::Atom(FilterAtom::Comparison(comparison)) => {
                let (left, right) = comparison.vals();
                [left, right].into_iter().try_for_each(|side| match side {
                    Comparable::Literal(_) | Comparable::SingularQuery(SingularQuery::Current(_)) => Ok(()),
                    Comparable::SingularQuery(SingularQuery::Root(_)) => self.root_refused(),
                    Comparable::Function(function) => self.fence_function(function),
                })
            }
        }
    }

    fn fence_test(&self, test: &Test) -> Result<(), FilterError> {
        match test {
            Test::RelQuery(segments) => self.fence(segments),
            Test::AbsQuery(_) => self.root_refused(),
            Test::Function(function) => self.fence_function(function),
        }
    }

    fn fence_function(&self, function: &TestFunction) -> Result<(), FilterError> {
        let argument = match function {
            TestFunction::Length(argument) => argument,
            TestFunction::Value(argument) | TestFunction::Count(argument) => argument,
            TestFunction::Search(..) | TestFunction::Match(..) | TestFunction::Custom(..) => {
                return self.function_refused(function);
            }
        };
        match argument {
            FnArg::Literal(_) => Ok(()),
            FnArg::Test(test) => self.fence_test(test),
            FnArg::Filter(read) => self.fence_inner(read),
        }
    }
}

const ROOTS: &str = "look at @.type, @.source, @.headers['x-example'] or @.body.…";
const USE_REGEX: &str =
    "use `match = { \"body.a\" = { regex = \"^x\" } }` beside the filter: its expression is compiled once";

fn negated(expr: Expr, not: bool) -> Expr {
    if not { Expr::Not(Box::new(expr)) } else { expr }
}

fn singular(segments: &[SingularQuerySegment]) -> Vec<Segment> {
    segments
        .iter()
        .map(|segment| match segment {
            SingularQuerySegment::Index(index) => Segment::Selector(Selector::Index(*index)),
            SingularQuerySegment::Name(name) => Segment::name(name),
        })
        .collect()
}

fn step(segment: &Segment) -> Option<Step> {
    match segment {
        Segment::Selector(Selector::Name(name)) => Some(Step::Name(name.clone())),
        Segment::Selector(Selector::Index(index)) => Some(Step::Index(*index)),
        Segment::Selector(Selector::Wildcard | Selector::Slice(..) | Selector::Filter(_))
        | Segment::Descendant(_)
        | Segment::Selectors(_) => None,
    }
}

fn value(literal: &Literal) -> Value {
    match literal {
        Literal::Int(number) => Value::from(*number),
        Literal::Float(number) => Value::from(*number),
        Literal::String(text) => Value::from(text.as_str()),
        Literal::Bool(truth) => Value::from(*truth),
        Literal::Null => Value::Null,
    }
}

/// The characters outside of quoted texts, each with its offset.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut escaped = false;
    text.char_indices().filter(move |(_, c)| match quote {
        Some(open) => {
            if escaped {
                escaped = false;
            } else if *c == '\\' {
                escaped = true;
            } else if *c == open {
                quote = None;
            }
            false
        }
        None => {
            if matches!(c, '"' | '\'') {
                quote = Some(*c);
            }
            quote.is_none()
        }
    })
}
