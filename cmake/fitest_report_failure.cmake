# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DSUITE=<suite> -DDIAGNOSTICS=<file> -P fitest_report_failure.cmake

The failing test of a suite that has no cases: prints why.
]]
file(READ "${DIAGNOSTICS}" text)
message("${text}")
message(FATAL_ERROR "${SUITE} has no cases")
