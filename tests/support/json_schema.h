// SPDX-License-Identifier: Apache-2.0
// Checks documents against a JSON Schema: the part of draft-07 that tests/schema uses.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "document/value.h"

namespace fitest {

// Problems as "/evaluation/status: must be one of ..."; none for a valid document. Understood:
// type, enum, const, required, properties, additionalProperties, items, minItems, minimum,
// minLength, anyOf, oneOf, allOf, not, $ref to "#/definitions/...". Any other keyword is a problem
// of its own, so that a schema never passes by being misunderstood.
std::vector<std::string> check_json_schema(const Value& schema, const Value& document);

// The same for files; unreadable ones are problems.
std::vector<std::string> check_json_schema_file(const std::filesystem::path& schema,
                                                const std::filesystem::path& document);

}  // namespace fitest
