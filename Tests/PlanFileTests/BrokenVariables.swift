/// Plans whose variables are wrong.
let brokenVariables: [BrokenPlan] = [
    BrokenPlan(
        title: "a variable that is not set",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {table-jobs: "${JOBS}"}
            roles:
              exclude: [rds*, "${ROLE}"]

            """#,
        expected: #"""
            plan.yaml:4:20: error: the environment variable `JOBS` is not set [SK023]
                4 | copy: {table-jobs: "${JOBS}"}
                  |                    ^
                Did you mean `TABLE_JOBS`, which is set? Set it, or write `${JOBS:-fallback}`.
            plan.yaml:6:19: error: the environment variable `ROLE` is not set [SK023]
                6 |   exclude: [rds*, "${ROLE}"]
                  |                   ^
                Set it, or write `${ROLE:-fallback}`.
            """#,
    ),
    BrokenPlan(
        title: "a variable whose name is nearly set",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
              table-jobs: ${TABLE_JOB}

            """#,
        expected: #"""
            plan.yaml:5:15: error: the environment variable `TABLE_JOB` is not set [SK023]
                5 |   table-jobs: ${TABLE_JOB}
                  |               ^
                Did you mean `TABLE_JOBS`, which is set? Set it, or write `${TABLE_JOB:-fallback}`.
            """#,
    ),
    BrokenPlan(
        title: "a variable that is not closed",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
              table-jobs: ${JOBS

            """#,
        expected: #"""
            plan.yaml:5:15: error: a `${` has no `}` [SK024]
                5 |   table-jobs: ${JOBS
                  |               ^
                Write `${NAME}` or `${NAME:-fallback}`; `$${` is a plain `${`.
            """#,
    ),
    BrokenPlan(
        title: "a variable without a name",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
              table-jobs: ${}
              index-jobs: ${1X}

            """#,
        expected: #"""
            plan.yaml:5:15: error: a `${` has no variable's name behind it [SK024]
                5 |   table-jobs: ${}
                  |               ^
                Write `${NAME}` or `${NAME:-fallback}`; `$${` is a plain `${`.
            plan.yaml:6:15: error: a `${` has no variable's name behind it [SK024]
                6 |   index-jobs: ${1X}
                  |               ^
                Write `${NAME}` or `${NAME:-fallback}`; `$${` is a plain `${`.
            """#,
    ),
    BrokenPlan(
        title: "a variable with an unknown operator",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
              table-jobs: ${JOBS-4}

            """#,
        expected: #"""
            plan.yaml:5:15: error: behind `${JOBS` comes neither `}` nor `:-` [SK024]
                5 |   table-jobs: ${JOBS-4}
                  |               ^
                Write `${NAME}` or `${NAME:-fallback}`; `$${` is a plain `${`.
            """#,
    ),
    BrokenPlan(
        title: "a variable in a fallback",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
              table-jobs: "${JOBS:-${OTHER}}"

            """#,
        expected: #"""
            plan.yaml:5:15: error: the fallback of `${JOBS:-…}` holds another `${` [SK024]
                5 |   table-jobs: "${JOBS:-${OTHER}}"
                  |               ^
                A fallback is a plain text.
            """#,
    ),
    BrokenPlan(
        title: "a variable of the wrong type",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
              table-jobs: ${WORD}
            roles:
              migrate: ${WORD}
            mode: ${WORD}

            """#,
        expected: #"""
            plan.yaml:5:15: error: `copy.table-jobs` takes a whole number from 1 to 64, not `${WORD}`, which \#
            is `word` [SK013]
                5 |   table-jobs: ${WORD}
                  |               ^
            plan.yaml:7:12: error: `roles.migrate` takes true or false, not `${WORD}`, which is `word` [SK013]
                7 |   migrate: ${WORD}
                  |            ^
            plan.yaml:8:7: error: `mode` takes `live` or `offline`, not `${WORD}`, which is `word` [SK026]
                8 | mode: ${WORD}
                  |       ^
            """#,
    ),
    BrokenPlan(
        title: "a variable that is empty",
        plan: #"""
            name: ${EMPTY}
            source: {uri: "${EMPTY}"}
            target: {uri: service=b}
            copy: {table-jobs: "${EMPTY}"}

            """#,
        expected: #"""
            plan.yaml:1:7: error: `name` takes a name such as `iot-production`, not `${EMPTY}`, which is \#
            empty [SK025]
                1 | name: ${EMPTY}
                  |       ^
            plan.yaml:2:15: error: `source.uri` takes a connection string, not `${EMPTY}`, which is empty [SK025]
                2 | source: {uri: "${EMPTY}"}
                  |               ^
            plan.yaml:4:20: error: `copy.table-jobs` takes a whole number from 1 to 64, not `${EMPTY}`, which \#
            is empty [SK013]
                4 | copy: {table-jobs: "${EMPTY}"}
                  |                    ^
            """#,
    ),
    BrokenPlan(
        title: "a variable that tries to be structure",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            select:
              schemas: ${STRUCTURE}
              tables: {exclude: ["${STRUCTURE}"]}

            """#,
        expected: #"""
            plan.yaml:5:12: error: `select.schemas` takes a mapping with `include` and `exclude`, not \#
            `${STRUCTURE}`, which is `{include: [a]}` [SK013]
                5 |   schemas: ${STRUCTURE}
                  |            ^
            plan.yaml:6:22: error: an entry of `select.tables.exclude` cannot be `${STRUCTURE}`, which is \#
            `{include: [a]}`: `{` needs quotes in a name [SK029]
                6 |   tables: {exclude: ["${STRUCTURE}"]}
                  |                      ^
                It takes a table's name with its schema, with `*` and `?` as wildcards.
                Write it in double quotes, and these in single ones: '"{include: [a]}"'.
            """#,
    ),
    BrokenPlan(
        title: "a secret in the wrong place",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
              table-jobs: ${PGPASSWORD}
              index-jobs: ${URI}

            """#,
        expected: #"""
            plan.yaml:5:15: error: `copy.table-jobs` takes a whole number from 1 to 64, not `${PGPASSWORD}` [SK013]
                5 |   table-jobs: ${PGPASSWORD}
                  |               ^
            plan.yaml:6:15: error: `copy.index-jobs` takes a whole number from 1 to 64, not `${URI}`, which \#
            is `postgresql://me:****@host/db` [SK013]
                6 |   index-jobs: ${URI}
                  |               ^
            """#,
    ),
]
