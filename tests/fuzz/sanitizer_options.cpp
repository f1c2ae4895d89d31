// SPDX-License-Identifier: Apache-2.0
// Defaults of the sanitizers for fuzz targets: most of what asan does per allocation pays for stack
// traces and a quarantine that inputs of a few kilobytes have no use for. $ASAN_OPTIONS overrides.

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): asan looks for it.
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=4:quarantine_size_mb=4:allocator_may_return_null=1";
}
