# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DPROGRAM=<fitest> -DHOOKS=<.pre-commit-hooks.yaml> -DPRE_COMMIT=<pre-commit> -DSCRATCH=<folder>
      -P pre_commit.cmake

Commits to a repository that has fitest's hooks: a good change passes, each bad one is stopped with
its reason on the screen.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

set(work ${SCRATCH}/work)
set(kernel ${work}/solutions/me/elementwise/scale_n256/simple/kernel.cu)

function(git folder)
  execute_process(
    COMMAND git -c user.name=me -c user.email=me@localhost -c init.defaultBranch=main ${ARGN}
    WORKING_DIRECTORY ${folder} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# hooks(<stage>): runs the hooks on what is staged.
macro(hooks stage)
  git(${work} add -A)
  execute_process(
    COMMAND ${PRE_COMMIT} run --hook-stage ${stage} WORKING_DIRECTORY ${work}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
endmacro()

file(REMOVE_RECURSE ${SCRATCH})
get_filename_component(bin ${PROGRAM} DIRECTORY)
set(ENV{PATH} "${bin}:$ENV{PATH}")
set(ENV{PRE_COMMIT_HOME} ${SCRATCH}/cache)
file(COPY ${HOOKS} DESTINATION ${SCRATCH}/hooks)
git(${SCRATCH}/hooks init -q)
git(${SCRATCH}/hooks add -A)
git(${SCRATCH}/hooks commit -qm hooks)
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project/kernels/ DESTINATION ${work})
execute_process(COMMAND git rev-parse HEAD WORKING_DIRECTORY ${SCRATCH}/hooks
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE)
file(WRITE ${work}/.pre-commit-config.yaml "repos:
- repo: ${SCRATCH}/hooks
  rev: ${revision}
  hooks: [{id: fitest-validate}, {id: fitest-compile}, {id: fitest-check}]
")
git(${work} init -q)
git(${work} add -A)
git(${work} commit -qm start)
file(READ ${kernel} good)

file(WRITE ${kernel} "// a comment\n${good}")
hooks(commit)
expect_status(0)
hooks(push)
expect_status(0)

file(WRITE ${kernel} "${good}\nint broken = ;\n")
hooks(commit)
expect_status(1)
expect_output("expected an expression")

string(REPLACE "*" "+" wrong "${good}")
string(REPLACE "float+" "float*" wrong "${wrong}")
string(REPLACE "float const+" "float const*" wrong "${wrong}")
string(REPLACE "blockIdx.x + blockDim.x" "blockIdx.x * blockDim.x" wrong "${wrong}")
file(WRITE ${kernel} "${wrong}")
hooks(push)
expect_status(1)
expect_output("INCORRECT_NUMERICAL")

# Both threads of a pair write one element of shared memory; the result is right all the same.
file(WRITE ${kernel} "extern \"C\" __global__ void scale(const float* x, float factor, float* y) {
  __shared__ float sum[128];
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  sum[threadIdx.x / 2] = x[i];
  y[i] = x[i] * factor + 0 * sum[threadIdx.x / 2];
}
")
hooks(push)
expect_status(1)
expect_output("RUNTIME_ERROR scale_n256/simple/11111111")
expect_output("kernel.cu:4: race: store of 4 bytes at shared memory+0, and nothing orders it after the store")

file(WRITE ${kernel} "${good}")
file(APPEND ${work}/definitions/elementwise/scale_n256.yaml "unknown: [\n")
hooks(commit)
expect_status(1)
expect_output("scale_n256.yaml:")
