#include "core/output_marks.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/error.h"
#include "core/staged_folder.h"

namespace hepatica {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kJournal = ".hepatica-journal.json";

[[noreturn]] void refuse(const fs::path& path, const fs::path& folder) {
  throw Error("INCOMPLETE_RESULT",
              path.string() + " belongs to a result that was interrupted while it was written to " + folder.string(),
              path.string(), "", "Write the result to that folder again: what was interrupted is finished first.");
}

// Whether a change of the journal touches `name`, or files below it; a journal that cannot be read may touch anything.
bool touches(const fs::path& journal, const std::string& name) {
  std::ifstream stream(journal);
  const Json document = Json::parse(stream, nullptr, false);
  if (!document.is_object()) return true;
  for (const char* list : {"writes", "removes"}) {
    if (!document.contains(list) || !document[list].is_array()) return true;
    for (const Json& change : document[list]) {
      if (!change.is_object() || !change.contains("name") || !change["name"].is_string()) return true;
      const std::string changed = change["name"].get<std::string>();
      if (changed == name || changed.starts_with(name + "/")) return true;
    }
  }
  return false;
}

}  // namespace

bool is_output_mark(const std::string& name) { return name.starts_with(kStagingPrefix); }

void refuse_incomplete(const fs::path& path) {
  std::error_code error;
  if (path.filename() == kJournal) refuse(path.parent_path(), path.parent_path());
  const fs::path place = fs::weakly_canonical(path, error);
  if (error) return;
  if (fs::is_directory(place, error) && fs::exists(place / kJournal, error)) refuse(path, path);
  // A result's files lie in its folder, or in a folder of that.
  for (const fs::path& folder : {place.parent_path(), place.parent_path().parent_path()}) {
    const fs::path journal = folder / kJournal;
    if (fs::exists(journal, error) && touches(journal, place.lexically_relative(folder).string())) refuse(path, folder);
  }
}

}  // namespace hepatica
