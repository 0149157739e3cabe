/// YAML that no plan may be.
let brokenDocuments: [BrokenPlan] = [
    BrokenPlan(
        title: "an empty file",
        plan: "",
        expected: #"""
            plan.yaml:1:1: error: the file holds no plan [SK007]
                1 |
                  | ^
                A plan needs `name`, `source` and `target` at least.
            """#,
    ),
    BrokenPlan(
        title: "only comments",
        plan: #"""
            # nothing

            # here

            """#,
        expected: #"""
            plan.yaml:1:1: error: the file holds no plan [SK007]
                1 | # nothing
                  | ^
                A plan needs `name`, `source` and `target` at least.
            """#,
    ),
    BrokenPlan(
        title: "an empty document",
        plan: #"""
            ---
            ...

            """#,
        expected: #"""
            plan.yaml:1:1: error: the file holds no plan [SK007]
                1 | ---
                  | ^
                A plan needs `name`, `source` and `target` at least.
            """#,
    ),
    BrokenPlan(
        title: "a list where the plan should be",
        plan: #"""
            - name: a

            """#,
        expected: #"""
            plan.yaml:1:1: error: the plan takes a mapping with `name`, `source` and `target`, not a list [SK013]
                1 | - name: a
                  | ^
            """#,
    ),
    BrokenPlan(
        title: "a text where the plan should be",
        plan: #"""
            hello

            """#,
        expected: #"""
            plan.yaml:1:1: error: the plan takes a mapping with `name`, `source` and `target`, not `hello` [SK013]
                1 | hello
                  | ^
            """#,
    ),
    BrokenPlan(
        title: "a second document",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            ---
            name: b

            """#,
        expected: #"""
            plan.yaml:4:1: error: a second YAML document begins here [SK010]
                4 | ---
                  | ^
                A plan file holds one document: remove this line, or put what follows into a file of its own.
            """#,
    ),
    BrokenPlan(
        title: "a duplicate key",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {table-jobs: 4}
            mode: live
            copy: {table-jobs: 5}

            """#,
        expected: #"""
            plan.yaml:6:1: error: `copy` is given twice [SK011]
                6 | copy: {table-jobs: 5}
                  | ^
                The first is in line 4.
                Keep one of them.
            """#,
    ),
    BrokenPlan(
        title: "a merge key",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: &c {table-jobs: 4}
            roles: {<<: *c}

            """#,
        expected: #"""
            plan.yaml:5:9: error: merge keys (`<<`) are not part of the plan language [SK018]
                5 | roles: {<<: *c}
                  |         ^
                Use `extends` for a common base, or an anchor and an alias for a whole value.
            """#,
    ),
    BrokenPlan(
        title: "a tag",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {table-jobs: !!int "4"}

            """#,
        expected: #"""
            plan.yaml:4:20: error: the tag `!!int` has no meaning in a plan [SK019]
                4 | copy: {table-jobs: !!int "4"}
                  |                    ^
                Remove it; a text that begins with `!` needs quotes.
            """#,
    ),
    BrokenPlan(
        title: "a key that is a list",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            ? [a, b]
            : c

            """#,
        expected: #"""
            plan.yaml:4:3: error: a key must be a plain text [SK020]
                4 | ? [a, b]
                  |   ^
            """#,
    ),
    BrokenPlan(
        title: "an alias inside its own anchor",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables: &h [*h]

            """#,
        expected: #"""
            plan.yaml:4:18: error: the alias `*h` has no anchor `&h` before it [SK017]
                4 | hypertables: &h [*h]
                  |                  ^
                A name pattern that begins with `*` needs quotes: "*h".
            """#,
    ),
    BrokenPlan(
        title: "deep nesting",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: \#
            [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\#
            [[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]

            """#,
        expected: #"""
            plan.yaml:4:38: error: values are nested more than 32 levels deep [SK015]
                4 | copy: \#
            [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…
                  |                                      ^
            """#,
    ),
    BrokenPlan(
        title: "a NUL escaped in a text",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            roles: {exclude: ["a\0b"]}

            """#,
        expected: #"""
            plan.yaml:4:19: error: the text holds a NUL character [SK006]
                4 | roles: {exclude: ["a\0b"]}
                  |                   ^
                Remove it.
            """#,
    ),
]
