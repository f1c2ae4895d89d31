// SPDX-License-Identifier: Apache-2.0
// Golden outputs on disk, keyed by everything that determines them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "run/reference.h"

namespace fitest {

// SHA-256 of the reference's text, the inputs' description and the engine's version.
std::string golden_key(const InputRequest& request, const std::string& engine);

// Nothing if there is none or the file is damaged.
std::optional<ReferenceResult> load_golden(const std::string& key, const Definition& definition);

// A reference's latency, kept like a golden under a key of its own; `request` of the key is the
// first trial's.
std::optional<double> load_latency(const std::string& key);
void store_latency(const std::string& key, double milliseconds);

// Safe under concurrent writers: the last complete file stays.
void store_golden(const std::string& key, const ReferenceResult& result);

}  // namespace fitest
