// SPDX-License-Identifier: Apache-2.0
// Modifiers that many memory instructions share.
#pragma once

#include <optional>
#include <string_view>

#include "ptx/decoder.h"

namespace fitest::ptx {

std::optional<StateSpace> space_of(std::string_view modifier);
// weak, relaxed, acquire, release, acq_rel, sc, volatile, mmio
bool is_order(std::string_view modifier);
// cta, cluster, gpu, sys
bool is_scope(std::string_view modifier);
// Cache operators, eviction priorities, prefetch sizes: without effect here.
bool is_cache_hint(std::string_view modifier);

bool has_modifier(const Instruction& instruction, std::string_view name);

}  // namespace fitest::ptx
