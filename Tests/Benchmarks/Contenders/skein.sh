#!/usr/bin/env bash
# The whole command, from reading the plan to its last task; $1 is the scenario's plan.
set -euo pipefail

exec skein migrate "$1"
