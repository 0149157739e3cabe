/// Plans whose `extends` fails, and mistakes in several files.
let brokenExtends: [BrokenPlan] = [
    BrokenPlan(
        title: "a base that does not exist",
        plan: #"""
            extends: nowhere/base.yaml

            """#,
        expected: #"""
            plan.yaml:1:10: error: the base plan `nowhere/base.yaml` does not exist [SK001]
                1 | extends: nowhere/base.yaml
                  |          ^
                `extends` is relative to the folder of the file that holds it.
            """#,
    ),
    BrokenPlan(
        title: "a plan that extends itself",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            extends: ./plan.yaml

            """#,
        expected: #"""
            plan.yaml:4:10: error: the plan extends itself [SK021]
                4 | extends: ./plan.yaml
                  |          ^
                `plan.yaml` extends `plan.yaml`.
                Remove one `extends`.
            """#,
    ),
    BrokenPlan(
        title: "plans in a circle",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            extends: b.yaml

            """#,
        others: [
            "b.yaml": #"""
            extends: c.yaml

            """#,
            "c.yaml": #"""
            copy: {format: text}
            extends: b.yaml

            """#,
        ],
        expected: #"""
            c.yaml:2:10: error: plans extend one another in a circle [SK021]
                2 | extends: b.yaml
                  |          ^
                `b.yaml` extends `c.yaml` extends `b.yaml`.
                Remove one `extends`.
            """#,
    ),
    BrokenPlan(
        title: "a base that is a directory",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            extends: ..

            """#,
        expected: #"""
            plan.yaml:4:10: error: the base plan `..` is a directory [SK002]
                4 | extends: ..
                  |          ^
                Name a regular file.
            """#,
    ),
    BrokenPlan(
        title: "extends as a list",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            extends: [a.yaml, b.yaml]

            """#,
        expected: #"""
            plan.yaml:4:10: error: `extends` takes a path, not a list [SK013]
                4 | extends: [a.yaml, b.yaml]
                  |          ^
            """#,
    ),
    BrokenPlan(
        title: "extends without a value",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            extends:

            """#,
        expected: #"""
            plan.yaml:4:1: error: `extends` has no value [SK025]
                4 | extends:
                  | ^
                Give it a path, or remove the key.
            """#,
    ),
    BrokenPlan(
        title: "extends with an unset variable",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            extends: ${BASE}/a.yaml

            """#,
        expected: #"""
            plan.yaml:4:10: error: the environment variable `BASE` is not set [SK023]
                4 | extends: ${BASE}/a.yaml
                  |          ^
                Set it, or write `${BASE:-fallback}`.
            """#,
    ),
    BrokenPlan(
        title: "a mistake in the base and one in the plan",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            extends: base.yaml
            copy: {table-jobs: 0}

            """#,
        others: [
            "base.yaml": #"""
            copy:
              index-jobs: many
            roles: {migrat: true}

            """#
        ],
        expected: #"""
            plan.yaml:5:20: error: `copy.table-jobs` takes a whole number from 1 to 64, not the number `0` [SK034]
                5 | copy: {table-jobs: 0}
                  |                    ^
            base.yaml:2:15: error: `copy.index-jobs` takes a whole number from 1 to 64, not `many` [SK013]
                2 |   index-jobs: many
                  |               ^
            base.yaml:3:9: error: unknown key `migrat` in `roles` [SK012]
                3 | roles: {migrat: true}
                  |         ^
                Did you mean `migrate`?
            """#,
    ),
    BrokenPlan(
        title: "a base that is no YAML",
        plan: #"""
            extends: base.yaml
            copy: {table-jobs: 0}

            """#,
        others: [
            "base.yaml": #"""
            copy: [

            """#
        ],
        expected: #"""
            plan.yaml:2:20: error: `copy.table-jobs` takes a whole number from 1 to 64, not the number `0` [SK034]
                2 | copy: {table-jobs: 0}
                  |                    ^
            base.yaml:2:1: error: not YAML: did not find expected node content [SK008]
                2 |
                  | ^
                Found while parsing a flow node.
                A `{` or `[` before this place is not closed, or a comma is missing.
            """#,
    ),
    BrokenPlan(
        title: "a name missing from the whole chain",
        plan: #"""
            extends: base.yaml

            """#,
        others: [
            "base.yaml": #"""
            source: {uri: service=a}
            target: {provider: auto}

            """#
        ],
        expected: #"""
            plan.yaml:1:1: error: the plan needs `name`: a name such as `iot-production` [SK014]
                1 | extends: base.yaml
                  | ^
            base.yaml:2:9: error: `target` needs `uri`: a connection string [SK014]
                2 | target: {provider: auto}
                  |         ^
            """#,
    ),
]
