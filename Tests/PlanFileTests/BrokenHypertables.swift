/// Plans that TimescaleDB or replication would refuse.
let brokenHypertables: [BrokenPlan] = [
    BrokenPlan(
        title: "identities",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            replication:
              identity:
                metrics: full
                public.a: primary
                public.b: index public.b_key
                public.c:
                public.d: full
                public.D: inserts-only
                public.e: [full]

            """#,
        expected: #"""
            plan.yaml:6:5: error: a key of `replication.identity` cannot be `metrics`: the schema is missing [SK029]
                6 |     metrics: full
                  |     ^
                It takes a table's name with its schema.
                Did you mean `public.metrics`?
            plan.yaml:7:15: error: `replication.identity.public.a` takes `full`, `index NAME` or \#
            `inserts-only`, not `primary` [SK033]
                7 |     public.a: primary
                  |               ^
            plan.yaml:8:15: error: `replication.identity.public.b` cannot be `index public.b_key`: the index \#
            is not named well: it has 2 parts where one is wanted [SK033]
                8 |     public.b: index public.b_key
                  |               ^
                It takes `full`, `index NAME` or `inserts-only`.
                Name the index without its schema, which is the table's: `index readings_key`.
            plan.yaml:9:5: error: `replication.identity.public.c` has no value [SK025]
                9 |     public.c:
                  |     ^
                Give it `full`, `index NAME` or `inserts-only`, or remove the key.
            plan.yaml:11:5: error: `identity` names the table public.d twice [SK036]
               11 |     public.D: inserts-only
                  |     ^
                Names without quotes fold to lower case.
                Keep one of them.
            plan.yaml:12:15: error: `replication.identity.public.e` takes `full`, `index NAME` or \#
            `inserts-only`, not a list [SK013]
               12 |     public.e: [full]
                  |               ^
            """#,
    ),
    BrokenPlan(
        title: "one table in two hypertables",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              - {table: public.readings, time-column: t}
              - {table: public.Readings, time-column: t}

            """#,
        expected: #"""
            plan.yaml:6:13: error: `hypertables` names the table public.readings twice [SK036]
                6 |   - {table: public.Readings, time-column: t}
                  |             ^
                Names without quotes fold to lower case.
                Keep one of them.
            """#,
    ),
    BrokenPlan(
        title: "columns that TimescaleDB would refuse",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              - table: public.a
                time-column: t
                space: {column: t, partitions: 2}
                primary-key: [id, id]
                columnstore: {segment-by: [d, d], order-by: [d desc, t, t]}
              - table: public.b
                time-column: t
                space: {column: d, partitions: 2}
                primary-key: [t]

            """#,
        expected: #"""
            plan.yaml:7:21: error: `space` names the time column `t` [SK036]
                7 |     space: {column: t, partitions: 2}
                  |                     ^
                Name another column, or remove `space`.
            plan.yaml:8:18: error: `primary-key` lacks the partitioning column `t` [SK038]
                8 |     primary-key: [id, id]
                  |                  ^
                TimescaleDB refuses unique keys without the columns that decide a row's chunk.
                Add `t` to the list.
            plan.yaml:8:23: error: `primary-key` names `id` twice [SK036]
                8 |     primary-key: [id, id]
                  |                       ^
                Keep one of them.
            plan.yaml:9:35: error: `segment-by` names `d` twice [SK036]
                9 |     columnstore: {segment-by: [d, d], order-by: [d desc, t, t]}
                  |                                   ^
                Keep one of them.
            plan.yaml:9:50: error: `d` stands in `segment-by` and in `order-by` [SK036]
                9 |     columnstore: {segment-by: [d, d], order-by: [d desc, t, t]}
                  |                                                  ^
                TimescaleDB refuses a column in both.
                Remove it from one.
            plan.yaml:9:61: error: `order-by` names `t` twice [SK036]
                9 |     columnstore: {segment-by: [d, d], order-by: [d desc, t, t]}
                  |                                                             ^
                Keep one of them.
            plan.yaml:13:18: error: `primary-key` lacks the partitioning column `d` [SK038]
               13 |     primary-key: [t]
                  |                  ^
                TimescaleDB refuses unique keys without the columns that decide a row's chunk.
                Add `d` to the list.
            """#,
    ),
    BrokenPlan(
        title: "keys that exclude each other",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            hypertables:
              - table: public.a
                to: table
                space: {column: d, partitions: 2}
                columnstore: {after: 7 days}
                retention: {drop-after: 1 year}
                from-partitions: true

            """#,
        expected: #"""
            plan.yaml:7:5: error: `space` does not go with `to: table` [SK037]
                7 |     space: {column: d, partitions: 2}
                  |     ^
                Only a hypertable has it, and with `to` there is none on the target.
                Remove one of the two.
            plan.yaml:8:5: error: `columnstore` does not go with `to: table` [SK037]
                8 |     columnstore: {after: 7 days}
                  |     ^
                Only a hypertable has it, and with `to` there is none on the target.
                Remove one of the two.
            plan.yaml:9:5: error: `retention` does not go with `to: table` [SK037]
                9 |     retention: {drop-after: 1 year}
                  |     ^
                Only a hypertable has it, and with `to` there is none on the target.
                Remove one of the two.
            plan.yaml:10:5: error: `from-partitions` does not go with `to: table` [SK037]
               10 |     from-partitions: true
                  |     ^
                Remove one of the two.
            """#,
    ),
]
