// SPDX-License-Identifier: Apache-2.0
// Which of a suite's cases one machine or one change needs: shards, and cases that files touch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "run/case.h"

namespace fitest {

// The index-th of `count` parts, counted from 1.
struct Shard {
  std::uint64_t index = 1;
  std::uint64_t count = 1;
};

// "2/5"; Error (Usage) for anything else.
Shard parse_shard(const std::string& text);

// By a hash of the name, so that a new case moves no other to another shard.
bool in_shard(const std::string& name, const Shard& shard);

// Files that differ from a git revision, untracked ones too, relative to `root`. Error (Usage) with
// git's words for a revision that it does not know, Error (Environment) without git.
std::vector<std::filesystem::path> changed_files(const std::filesystem::path& root,
                                                 const std::string& revision);

// Cases whose Definition, Workload, tensor files or Solution are among the files (relative to the
// dataset's root). Any file in a Solution's own folder belongs to it: sources and headers.
std::vector<Case> touched_cases(const std::vector<Case>& cases, const std::filesystem::path& root,
                                const std::vector<std::filesystem::path>& files);

}  // namespace fitest
