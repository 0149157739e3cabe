/// Plans that are no YAML.
let brokenYAML: [BrokenPlan] = [
    BrokenPlan(
        title: "tabs as indentation",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
            \#ttable-jobs: 4

            """#,
        expected: #"""
            plan.yaml:5:1: error: a tab where YAML wants spaces [SK009]
                5 | →table-jobs: 4
                  | ^
                Indent with spaces; YAML forbids tabs there.
            """#,
    ),
    BrokenPlan(
        title: "a tab behind a dash",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              -\#ttable: public.a
            \#t time-column: t

            """#,
        expected: #"""
            plan.yaml:5:4: error: a tab where YAML wants spaces [SK009]
                5 |   -→table: public.a
                  |    ^
                Indent with spaces; YAML forbids tabs there.
            """#,
    ),
    BrokenPlan(
        title: "a bracket that is not closed",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            select:
              tables: {exclude: [public.a
            copy: {table-jobs: 4}

            """#,
        expected: #"""
            plan.yaml:6:5: error: not YAML: did not find expected ',' or ']' [SK008]
                6 | copy: {table-jobs: 4}
                  |     ^
                Found while parsing a flow sequence that begins in line 5.
                A `{` or `[` before this place is not closed, or a comma is missing.
            """#,
    ),
    BrokenPlan(
        title: "a variable in braces without quotes",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              - {table: public.a, time-column: ${COLUMN}}

            """#,
        expected: #"""
            plan.yaml:5:37: error: not YAML: did not find expected ',' or '}' [SK008]
                5 |   - {table: public.a, time-column: ${COLUMN}}
                  |                                     ^
                Found while parsing a flow mapping that begins in line 5.
                Inside `{ }` and `[ ]`, put a variable in quotes: "${NAME}".
            """#,
    ),
    BrokenPlan(
        title: "a pattern that begins with a star",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            select:
              tables: {exclude: [*.tmp]}

            """#,
        expected: #"""
            plan.yaml:5:23: error: not YAML: did not find expected alphabetic or numeric character [SK008]
                5 |   tables: {exclude: [*.tmp]}
                  |                       ^
                Found while scanning an alias that begins in line 5.
                A name pattern that begins with `*` needs quotes, as in "*" or "*.tmp_*".
            """#,
    ),
    BrokenPlan(
        title: "a star alone",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            select:
              schemas: {include: [*]}

            """#,
        expected: #"""
            plan.yaml:5:24: error: not YAML: did not find expected alphabetic or numeric character [SK008]
                5 |   schemas: {include: [*]}
                  |                        ^
                Found while scanning an alias that begins in line 5.
                A name pattern that begins with `*` needs quotes, as in "*" or "*.tmp_*".
            """#,
    ),
    BrokenPlan(
        title: "a name that begins with a double quote",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              - table: "My Schema"."My Table"
                time-column: t

            """#,
        expected: #"""
            plan.yaml:5:23: error: not YAML: did not find expected key [SK008]
                5 |   - table: "My Schema"."My Table"
                  |                       ^
                Found while parsing a block mapping that begins in line 5.
                Put a name that begins with a double quote in single quotes: '"My Schema"."My Table"'.
            """#,
    ),
    BrokenPlan(
        title: "a character that no text begins with",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            roles: {exclude: [@admin]}

            """#,
        expected: #"""
            plan.yaml:4:19: error: not YAML: found character that cannot start any token [SK008]
                4 | roles: {exclude: [@admin]}
                  |                   ^
                Found while scanning for the next token.
                A text that begins with `@` needs quotes.
            """#,
    ),
    BrokenPlan(
        title: "a colon inside a text",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            roles:
              exclude: a: b

            """#,
        expected: #"""
            plan.yaml:5:13: error: not YAML: mapping values are not allowed in this context [SK008]
                5 |   exclude: a: b
                  |             ^
                Check the indentation of this line and the one above; a text that holds `: ` needs quotes.
            """#,
    ),
    BrokenPlan(
        title: "a quote that is not closed",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            roles: {exclude: ["a]}

            """#,
        expected: #"""
            plan.yaml:5:1: error: not YAML: found unexpected end of stream [SK008]
                5 |
                  | ^
                Found while scanning a quoted scalar that begins in line 4.
                The quote that is opened there is not closed.
            """#,
    ),
    BrokenPlan(
        title: "wrong indentation",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
                table-jobs: 4
              index-jobs: 2

            """#,
        expected: #"""
            plan.yaml:6:3: error: not YAML: did not find expected key [SK008]
                6 |   index-jobs: 2
                  |   ^
                Found while parsing a block mapping that begins in line 1.
                Check the indentation: the keys of one mapping begin in the same column.
            """#,
    ),
    BrokenPlan(
        title: "a text that begins with an exclamation mark",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            roles: {exclude: [!admin]}

            """#,
        expected: #"""
            plan.yaml:4:25: error: not YAML: did not find expected whitespace or line break [SK008]
                4 | roles: {exclude: [!admin]}
                  |                         ^
                Found while scanning a tag that begins in line 4.
                A text that begins with `!` needs quotes.
            """#,
    ),
]
