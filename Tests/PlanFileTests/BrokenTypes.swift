/// Plans with values of the wrong type.
let brokenTypes: [BrokenPlan] = [
    BrokenPlan(
        title: "lists and mappings where a value is wanted",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            mode: [live]
            copy: {table-jobs: {a: 1}}
            select: [public]
            hypertables: public.a

            """#,
        expected: #"""
            plan.yaml:4:7: error: `mode` takes `live` or `offline`, not a list [SK013]
                4 | mode: [live]
                  |       ^
            plan.yaml:5:20: error: `copy.table-jobs` takes a whole number from 1 to 64, not a mapping [SK013]
                5 | copy: {table-jobs: {a: 1}}
                  |                    ^
            plan.yaml:6:9: error: `select` takes a mapping with `schemas`, `tables`, `indexes`, \#
            `extensions` and `database-settings`, not a list [SK013]
                6 | select: [public]
                  |         ^
            plan.yaml:7:14: error: `hypertables` takes a list of hypertables, not `public.a` [SK013]
                7 | hypertables: public.a
                  |              ^
            """#,
    ),
    BrokenPlan(
        title: "a text where a list is wanted",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            select: {schemas: {include: public}}

            """#,
        expected: #"""
            plan.yaml:4:29: error: `select.schemas.include` takes a list of schemas, not `public` [SK013]
                4 | select: {schemas: {include: public}}
                  |                             ^
                Write `[public]`.
            """#,
    ),
    BrokenPlan(
        title: "yes and no",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            roles: {migrate: yes, passwords: off}
            grants: {owners: 1, privileges: "true"}

            """#,
        expected: #"""
            plan.yaml:4:18: error: `roles.migrate` takes true or false, not `yes` [SK013]
                4 | roles: {migrate: yes, passwords: off}
                  |                  ^
                Write `true`, without quotes.
            plan.yaml:4:34: error: `roles.passwords` takes true or false, not `off` [SK013]
                4 | roles: {migrate: yes, passwords: off}
                  |                                  ^
                Write `false`, without quotes.
            plan.yaml:5:18: error: `grants.owners` takes true or false, not the number `1` [SK013]
                5 | grants: {owners: 1, privileges: "true"}
                  |                  ^
                Write `true`, without quotes.
            plan.yaml:5:33: error: `grants.privileges` takes true or false, not the text `true` [SK013]
                5 | grants: {owners: 1, privileges: "true"}
                  |                                 ^
                Write `true`, without quotes.
            """#,
    ),
    BrokenPlan(
        title: "numbers of the wrong kind",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {table-jobs: 4.5, index-jobs: "4"}
            replication: {apply-jobs: 007}

            """#,
        expected: #"""
            plan.yaml:4:20: error: `copy.table-jobs` takes a whole number from 1 to 64, not the number `4.5` [SK013]
                4 | copy: {table-jobs: 4.5, index-jobs: "4"}
                  |                    ^
            plan.yaml:4:37: error: `copy.index-jobs` takes a whole number from 1 to 64, not the text `4` [SK013]
                4 | copy: {table-jobs: 4.5, index-jobs: "4"}
                  |                                     ^
                Write it without quotes: 4.
            plan.yaml:5:27: error: `replication.apply-jobs` takes a whole number from 1 to 64, not the number \#
            `007` [SK013]
                5 | replication: {apply-jobs: 007}
                  |                           ^
                Write it in decimal, without zeros in front.
            """#,
    ),
    BrokenPlan(
        title: "numbers out of range",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            copy: {table-jobs: 0, index-jobs: 65}
            replication: {apply-jobs: -1}
            hypertables:
              - {table: public.a, time-column: t, chunk-interval: 0, space: {column: c, partitions: 32768}}
              - {table: public.b, time-column: t, chunk-interval: 99999999999999999999}

            """#,
        expected: #"""
            plan.yaml:4:20: error: `copy.table-jobs` takes a whole number from 1 to 64, not the number `0` [SK034]
                4 | copy: {table-jobs: 0, index-jobs: 65}
                  |                    ^
            plan.yaml:4:35: error: `copy.index-jobs` takes a whole number from 1 to 64, not the number `65` [SK034]
                4 | copy: {table-jobs: 0, index-jobs: 65}
                  |                                   ^
            plan.yaml:5:27: error: `replication.apply-jobs` takes a whole number from 1 to 64, not the number \#
            `-1` [SK034]
                5 | replication: {apply-jobs: -1}
                  |                           ^
            plan.yaml:7:55: error: `hypertables.chunk-interval` cannot be the number `0`: it must be more \#
            than 0 [SK034]
                7 |   - {table: public.a, time-column: t, chunk-interval: 0, space: {column: c, partitions: 32768}}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
            plan.yaml:7:89: error: `hypertables.space.partitions` takes a whole number from 1 to 32767, not \#
            the number `32768` [SK034]
                7 |   - {table: public.a, time-column: t, chunk-interval: 0, space: {column: c, partitions: 32768}}
                  |                                                                                         ^
            plan.yaml:8:55: error: `hypertables.chunk-interval` cannot be the number `99999999999999999999`: \#
            it does not fit in 64 bits [SK034]
                8 |   - {table: public.b, time-column: t, chunk-interval: 99999999999999999999}
                  |                                                       ^
                It takes a duration such as `7 days`, or a whole number for an integer column.
            """#,
    ),
    BrokenPlan(
        title: "texts that YAML takes for something else",
        plan: #"""
            name: 2024
            source: {uri: service=a}
            target: {uri: service=b}
            select: {schemas: {include: [true, 1.5]}}

            """#,
        expected: #"""
            plan.yaml:1:7: error: `name` takes a name such as `iot-production`, not the number `2024` [SK013]
                1 | name: 2024
                  |       ^
                Put it in quotes if it is meant as a text: "2024".
            plan.yaml:4:30: error: an entry of `select.schemas.include` takes a schema's name, with `*` and \#
            `?` as wildcards, not the boolean `true` [SK013]
                4 | select: {schemas: {include: [true, 1.5]}}
                  |                              ^
                Put it in quotes if it is meant as a text: "true".
            plan.yaml:4:36: error: an entry of `select.schemas.include` takes a schema's name, with `*` and \#
            `?` as wildcards, not the number `1.5` [SK013]
                4 | select: {schemas: {include: [true, 1.5]}}
                  |                                    ^
                Put it in quotes if it is meant as a text: "1.5".
            """#,
    ),
    BrokenPlan(
        title: "words that are no choice",
        plan: #"""
            mode: Live
            source: {uri: service=a, provider: azure}
            target: {uri: service=b, provider: timescale}
            name: a
            copy: {format: csv}
            replication: {plugin: pg-output, spool: {mode: memory}}
            cutover: {approval: auto, fence: readonly, verify: checksum}
            hypertables: [{table: public.a, to: partitions}]

            """#,
        expected: #"""
            plan.yaml:1:7: error: `mode` takes `live` or `offline`, not `Live` [SK026]
                1 | mode: Live
                  |       ^
                Did you mean `live`?
            plan.yaml:2:36: error: `source.provider` takes `auto`, `postgres`, `rds`, `aurora`, \#
            `timescaledb`, `mst` or `tiger-cloud`, not `azure` [SK026]
                2 | source: {uri: service=a, provider: azure}
                  |                                    ^
            plan.yaml:3:36: error: `target.provider` takes `auto`, `postgres`, `rds`, `aurora`, \#
            `timescaledb`, `mst` or `tiger-cloud`, not `timescale` [SK026]
                3 | target: {uri: service=b, provider: timescale}
                  |                                    ^
                Did you mean `timescaledb`?
            plan.yaml:5:16: error: `copy.format` takes `auto`, `binary` or `text`, not `csv` [SK026]
                5 | copy: {format: csv}
                  |                ^
            plan.yaml:6:23: error: `replication.plugin` takes `auto`, `pgoutput`, `wal2json` or \#
            `test_decoding`, not `pg-output` [SK026]
                6 | replication: {plugin: pg-output, spool: {mode: memory}}
                  |                       ^
                Did you mean `pgoutput`?
            plan.yaml:6:48: error: `replication.spool.mode` takes `disk` or `source`, not `memory` [SK026]
                6 | replication: {plugin: pg-output, spool: {mode: memory}}
                  |                                                ^
            plan.yaml:7:21: error: `cutover.approval` takes `manual` or `automatic`, not `auto` [SK026]
                7 | cutover: {approval: auto, fence: readonly, verify: checksum}
                  |                     ^
                Did you mean `automatic`?
            plan.yaml:7:34: error: `cutover.fence` takes `none` or `read-only`, not `readonly` [SK026]
                7 | cutover: {approval: auto, fence: readonly, verify: checksum}
                  |                                  ^
                Did you mean `read-only`?
            plan.yaml:7:52: error: `cutover.verify` takes `none`, `counts` or `checksums`, not `checksum` [SK026]
                7 | cutover: {approval: auto, fence: readonly, verify: checksum}
                  |                                                    ^
                Did you mean `checksums`?
            plan.yaml:8:37: error: `hypertables.to` takes `table` or `range-partitions`, not `partitions` [SK026]
                8 | hypertables: [{table: public.a, to: partitions}]
                  |                                     ^
                Did you mean `range-partitions`?
            """#,
    ),
    BrokenPlan(
        title: "a version of the future",
        plan: #"""
            name: a
            source: {uri: service=a}
            target: {uri: service=b}
            version: 2

            """#,
        expected: #"""
            plan.yaml:4:10: error: `version` cannot be the number `2`: this Skein knows version 1 only [SK035]
                4 | version: 2
                  |          ^
                It takes the number 1.
                Use a newer Skein for this plan.
            """#,
    ),
]
