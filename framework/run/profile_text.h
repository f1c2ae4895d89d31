// SPDX-License-Identifier: Apache-2.0
// The profile of a Trace for people.
#pragma once

#include <string>

#include "document/value.h"

namespace fitest {

// A Trace's `fitest.profile` as lines of text; what is missing in it counts as 0.
std::string profile_lines(const Value& profiles);

}  // namespace fitest
