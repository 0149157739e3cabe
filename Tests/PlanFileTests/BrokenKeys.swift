/// Plans with unknown, missing and empty keys.
let brokenKeys: [BrokenPlan] = [
    BrokenPlan(
        title: "an unknown key with a near one",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
              tabel-jobs: 4

            """#,
        expected: #"""
            plan.yaml:5:3: error: unknown key `tabel-jobs` in `copy` [SK012]
                5 |   tabel-jobs: 4
                  |   ^
                Did you mean `table-jobs`?
            """#,
    ),
    BrokenPlan(
        title: "a key in camel case",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {tableJobs: 4, index_jobs: 2}

            """#,
        expected: #"""
            plan.yaml:4:8: error: unknown key `tableJobs` in `copy` [SK012]
                4 | copy: {tableJobs: 4, index_jobs: 2}
                  |        ^
                Did you mean `table-jobs`?
            plan.yaml:4:22: error: unknown key `index_jobs` in `copy` [SK012]
                4 | copy: {tableJobs: 4, index_jobs: 2}
                  |                      ^
                Did you mean `index-jobs`?
            """#,
    ),
    BrokenPlan(
        title: "an unknown key with none near",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {parallelism: 4}

            """#,
        expected: #"""
            plan.yaml:4:8: error: unknown key `parallelism` in `copy` [SK012]
                4 | copy: {parallelism: 4}
                  |        ^
                `copy` takes `table-jobs`, `index-jobs`, `split-tables-larger-than`, `skip-table-data`, `into-existing` and `format`.
            """#,
    ),
    BrokenPlan(
        title: "a key of another section",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            table-jobs: 4

            """#,
        expected: #"""
            plan.yaml:4:1: error: unknown key `table-jobs` in the plan [SK012]
                4 | table-jobs: 4
                  | ^
                It belongs in `copy`.
            """#,
    ),
    BrokenPlan(
        title: "an unknown key at the margin",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            colour: blue

            """#,
        expected: #"""
            plan.yaml:4:1: error: unknown key `colour` in the plan [SK012]
                4 | colour: blue
                  | ^
                The plan takes `version`, `name`, `extends`, `mode`, `source`, `target`, `select`, \#
            `hypertables`, `copy`, `replication`, `roles`, `grants` and `cutover`.
            """#,
    ),
    BrokenPlan(
        title: "misspelt required keys",
        plan: #"""
            nam: a
            surce: {uri: service=a}
            target: {url: service=b}

            """#,
        expected: #"""
            plan.yaml:1:1: error: unknown key `nam` in the plan [SK012]
                1 | nam: a
                  | ^
                Did you mean `name`?
            plan.yaml:2:1: error: unknown key `surce` in the plan [SK012]
                2 | surce: {uri: service=a}
                  | ^
                Did you mean `source`?
            plan.yaml:3:10: error: unknown key `url` in `target` [SK012]
                3 | target: {url: service=b}
                  |          ^
                Did you mean `uri`?
            """#,
    ),
    BrokenPlan(
        title: "nothing of what is required",
        plan: #"""
            version: 1

            """#,
        expected: #"""
            plan.yaml:1:1: error: the plan needs `name`: a name such as `iot-production` [SK014]
                1 | version: 1
                  | ^
            plan.yaml:1:1: error: the plan needs `source`: a mapping with `uri` and `provider` [SK014]
                1 | version: 1
                  | ^
            plan.yaml:1:1: error: the plan needs `target`: a mapping with `uri` and `provider` [SK014]
                1 | version: 1
                  | ^
            """#,
    ),
    BrokenPlan(
        title: "a source without its uri",
        plan: #"""
            name: a
            source: {provider: rds}
            target: {uri: service=b}

            """#,
        expected: #"""
            plan.yaml:2:9: error: `source` needs `uri`: a connection string [SK014]
                2 | source: {provider: rds}
                  |         ^
            """#,
    ),
    BrokenPlan(
        title: "hypertables without what they need",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              - time-column: time
              - table: public.b
              - {table: public.c, time-column: t, space: {column: d}, retention: {}}

            """#,
        expected: #"""
            plan.yaml:5:5: error: an entry of `hypertables` needs `table`: a table's name with its schema [SK014]
                5 |   - time-column: time
                  |     ^
            plan.yaml:6:5: error: an entry of `hypertables` needs `time-column`: a column's name [SK014]
                6 |   - table: public.b
                  |     ^
                Give the column by which chunks are cut, or `to` for a hypertable of the source.
            plan.yaml:7:46: error: `hypertables.space` needs `partitions`: a whole number from 1 to 32767 [SK014]
                7 |   - {table: public.c, time-column: t, space: {column: d}, retention: {}}
                  |                                              ^
            plan.yaml:7:70: error: `hypertables.retention` needs `drop-after`: a duration such as `7 days` [SK014]
                7 |   - {table: public.c, time-column: t, space: {column: d}, retention: {}}
                  |                                                                      ^
            """#,
    ),
    BrokenPlan(
        title: "sections without a value",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            select:
            copy:
            cutover: ~

            """#,
        expected: #"""
            plan.yaml:4:1: error: `select` has no value [SK025]
                4 | select:
                  | ^
                Give it a mapping with `schemas`, `tables`, `indexes`, `extensions` and `database-settings`, or remove the key.
            plan.yaml:5:1: error: `copy` has no value [SK025]
                5 | copy:
                  | ^
                Give it a mapping with `table-jobs`, `index-jobs`, `split-tables-larger-than`, \#
            `skip-table-data`, `into-existing` and `format`, or remove the key.
            plan.yaml:6:1: error: `cutover` has no value [SK025]
                6 | cutover: ~
                  | ^
                Give it a mapping with `approval`, `max-lag`, `fence`, `verify` and `fallback`, or remove the key.
            """#,
    ),
    BrokenPlan(
        title: "keys without a value",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {table-jobs: , format: null}
            select: {schemas: {include: [public, ]}}
            roles:
              exclude:
                -

            """#,
        expected: #"""
            plan.yaml:4:8: error: `copy.table-jobs` has no value [SK025]
                4 | copy: {table-jobs: , format: null}
                  |        ^
                Give it a whole number from 1 to 64, or remove the key.
            plan.yaml:4:22: error: `copy.format` has no value [SK025]
                4 | copy: {table-jobs: , format: null}
                  |                      ^
                Give it `auto`, `binary` or `text`, or remove the key.
            plan.yaml:8:6: error: an entry of `roles.exclude` has no value [SK025]
                8 |     -
                  |      ^
                Give it a role's name, with `*` and `?` as wildcards, or remove it.
            """#,
    ),
    BrokenPlan(
        title: "everything at once, in order of lines",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            mode: offlien
            copy: {table-jobs: 0, index-jobs: lots}
            cutover:
              verify: sums
              max-lag: 5
            roles: {migrate: yes}
            unknown: 1

            """#,
        expected: #"""
            plan.yaml:4:7: error: `mode` takes `live` or `offline`, not `offlien` [SK026]
                4 | mode: offlien
                  |       ^
                Did you mean `offline`?
            plan.yaml:5:20: error: `copy.table-jobs` takes a whole number from 1 to 64, not the number `0` [SK034]
                5 | copy: {table-jobs: 0, index-jobs: lots}
                  |                    ^
            plan.yaml:5:35: error: `copy.index-jobs` takes a whole number from 1 to 64, not `lots` [SK013]
                5 | copy: {table-jobs: 0, index-jobs: lots}
                  |                                   ^
            plan.yaml:7:11: error: `cutover.verify` takes `none`, `counts` or `checksums`, not `sums` [SK026]
                7 |   verify: sums
                  |           ^
                Did you mean `checksums`?
            plan.yaml:8:12: error: `cutover.max-lag` cannot be the number `5`: the unit is missing [SK027]
                8 |   max-lag: 5
                  |            ^
                It takes a duration such as `7 days`.
                Write `5 s`, for example.
            plan.yaml:9:18: error: `roles.migrate` takes true or false, not `yes` [SK013]
                9 | roles: {migrate: yes}
                  |                  ^
                Write `true`, without quotes.
            plan.yaml:10:1: error: unknown key `unknown` in the plan [SK012]
               10 | unknown: 1
                  | ^
                The plan takes `version`, `name`, `extends`, `mode`, `source`, `target`, `select`, \#
            `hypertables`, `copy`, `replication`, `roles`, `grants` and `cutover`.
            """#,
    ),
]
