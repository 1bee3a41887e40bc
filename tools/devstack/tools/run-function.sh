#!/bin/sh
# Starts a function's binary for `cargo lambda watch`, which gives all functions one environment:
# the variable TABLE_<function> becomes this function's TABLE.
exec env TABLE="$(printenv "TABLE_$AWS_LAMBDA_FUNCTION_NAME")" "$@"
