/// Plans whose durations and sizes are wrong.
let brokenQuantities: [BrokenPlan] = [
    BrokenPlan(
        title: "durations",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            cutover: {max-lag: 5}
            hypertables:
              - {table: public.a, time-column: t, chunk-interval: 1.5 days}
              - {table: public.b, time-column: t, chunk-interval: 7 dayz}
              - {table: public.c, time-column: t, chunk-interval: 5 m}
              - {table: public.d, time-column: t, chunk-interval: 1 h 2 hours}
              - {table: public.e, time-column: t, chunk-interval: 0 s}
              - {table: public.f, time-column: t, chunk-interval: -1 day}
              - {table: public.g, time-column: t, chunk-interval: 99999999999 days}
              - {table: public.h, time-column: t, retention: {drop-after: forever}}
              - {table: public.i, time-column: t, chunk-interval: "7"}

            """#,
        expected: #"""
            plan.yaml:4:20: error: `cutover.max-lag` cannot be the number `5`: the unit is missing [SK027]
                4 | cutover: {max-lag: 5}
                  |                    ^
                It takes a duration such as `7 days`.
                Write `5 s`, for example.
            plan.yaml:6:55: error: `hypertables.chunk-interval` cannot be `1.5 days`: it is not whole numbers \#
            with units [SK027]
                6 |   - {table: public.a, time-column: t, chunk-interval: 1.5 days}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
                Write it like `30 s`, `7 days` or `1 day 12 hours`.
            plan.yaml:7:55: error: `hypertables.chunk-interval` cannot be `7 dayz`: `dayz` is not a unit of \#
            time [SK027]
                7 |   - {table: public.b, time-column: t, chunk-interval: 7 dayz}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
                Did you mean `days`? Units are us, ms, s, min, h, day, week, month, year.
            plan.yaml:8:55: error: `hypertables.chunk-interval` cannot be `5 m`: `m` is not a unit of time [SK027]
                8 |   - {table: public.c, time-column: t, chunk-interval: 5 m}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
                Write `min` for minutes or `mon` for months. Units are us, ms, s, min, h, day, week, month, year.
            plan.yaml:9:55: error: `hypertables.chunk-interval` cannot be `1 h 2 hours`: it names `hours` \#
            twice [SK027]
                9 |   - {table: public.d, time-column: t, chunk-interval: 1 h 2 hours}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
            plan.yaml:10:55: error: `hypertables.chunk-interval` cannot be `0 s`: it must be longer than 0 [SK034]
               10 |   - {table: public.e, time-column: t, chunk-interval: 0 s}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
            plan.yaml:11:55: error: `hypertables.chunk-interval` cannot be `-1 day`: it is not whole numbers \#
            with units [SK027]
               11 |   - {table: public.f, time-column: t, chunk-interval: -1 day}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
                Write it like `30 s`, `7 days` or `1 day 12 hours`.
            plan.yaml:12:55: error: `hypertables.chunk-interval` cannot be `99999999999 days`: it is longer \#
            than PostgreSQL's interval can be [SK034]
               12 |   - {table: public.g, time-column: t, chunk-interval: 99999999999 days}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
            plan.yaml:13:63: error: `hypertables.retention.drop-after` cannot be `forever`: it is not whole \#
            numbers with units [SK027]
               13 |   - {table: public.h, time-column: t, retention: {drop-after: forever}}
                  |                                                               ^
                It takes a duration such as `7 days`.
                Write it like `30 s`, `7 days` or `1 day 12 hours`.
            plan.yaml:14:55: error: `hypertables.chunk-interval` cannot be the text `7`: the unit is missing [SK027]
               14 |   - {table: public.i, time-column: t, chunk-interval: "7"}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
                Write `7 s`, for example.
            """#,
    ),
    BrokenPlan(
        title: "sizes",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy:
              split-tables-larger-than: 10 gb
            replication:
              spool: {max-size: 10 GiB}

            """#,
        expected: #"""
            plan.yaml:5:29: error: `copy.split-tables-larger-than` cannot be `10 gb`: `gb` is not a unit of \#
            size [SK028]
                5 |   split-tables-larger-than: 10 gb
                  |                             ^
                It takes a size such as `10 GB`.
                Did you mean `GB`? Units are B, bytes, kB, MB, GB, TB, PB, in powers of 1024.
            plan.yaml:7:21: error: `replication.spool.max-size` cannot be `10 GiB`: `GiB` is not a unit of \#
            size [SK028]
                7 |   spool: {max-size: 10 GiB}
                  |                     ^
                It takes a size such as `10 GB`.
                Did you mean `GB`? Units are B, bytes, kB, MB, GB, TB, PB, in powers of 1024.
            """#,
    ),
    BrokenPlan(
        title: "more sizes",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {split-tables-larger-than: 10G}
            replication: {spool: {max-size: 0.5 GB}}

            """#,
        expected: #"""
            plan.yaml:4:34: error: `copy.split-tables-larger-than` cannot be `10G`: `G` is not a unit of size \#
            [SK028]
                4 | copy: {split-tables-larger-than: 10G}
                  |                                  ^
                It takes a size such as `10 GB`.
                Did you mean `GB`? Units are B, bytes, kB, MB, GB, TB, PB, in powers of 1024.
            plan.yaml:5:33: error: `replication.spool.max-size` cannot be `0.5 GB`: it is not a whole number \#
            with a unit [SK028]
                5 | replication: {spool: {max-size: 0.5 GB}}
                  |                                 ^
                It takes a size such as `10 GB`.
                Write a whole number and one of B, bytes, kB, MB, GB, TB, PB: `10 GB`.
            """#,
    ),
    BrokenPlan(
        title: "sizes out of range",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {split-tables-larger-than: 0}
            replication: {spool: {max-size: 99999 PB}}

            """#,
        expected: #"""
            plan.yaml:4:34: error: `copy.split-tables-larger-than` cannot be the number `0`: it must be more \#
            than 0 [SK034]
                4 | copy: {split-tables-larger-than: 0}
                  |                                  ^
                It takes a size such as `10 GB`.
            plan.yaml:5:33: error: `replication.spool.max-size` cannot be `99999 PB`: it is more bytes than \#
            64 bits count [SK034]
                5 | replication: {spool: {max-size: 99999 PB}}
                  |                                 ^
                It takes a size such as `10 GB`.
            """#,
    ),
]
