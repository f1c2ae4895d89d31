// SPDX-License-Identifier: Apache-2.0
// A reference's profile as tables for people.
#pragma once

#include <string>

#include "base/source.h"
#include "pytorch/profile.h"

namespace fitest {

// One table of the reference's lines and one of its operators: calls, milliseconds, and the share
// of the whole; the slowest first.
std::string reference_profile_table(const pytorch::Profile& profile, const SourceText& reference);

}  // namespace fitest
