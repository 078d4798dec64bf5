// Which study, series and objects the slices of a volume came from: what an object that refers to them has to say
// (DICOM PS3.3 A.51: the same patient, study and frame of reference, and the instances themselves).
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace hepatica {

// One image, or one frame of a multi-frame object.
struct SourceInstance {
  std::string sop_class_uid;
  std::string sop_instance_uid;
  std::optional<int> frame;  // from 1; of multi-frame objects only

  bool operator==(const SourceInstance&) const = default;
};

// Texts are UTF-8 and fit their elements' value representations; empty where the files lack them.
struct SourceIdentity {
  std::string patient_id;
  std::string patient_name;
  std::string patient_birth_date;
  std::string patient_sex;

  std::string study_instance_uid;
  std::string study_date;
  std::string study_time;
  std::string study_id;
  std::string study_description;
  std::string accession_number;
  std::string referring_physician;

  std::string series_instance_uid;
  std::string series_number;
  std::string body_part;
  std::string laterality;

  std::string frame_of_reference_uid;
  std::string position_reference;

  // LossyImageCompressionRatio and -Method, values separated by '\'; empty: not known, or not lossy.
  bool lossy = false;
  std::string lossy_ratio;
  std::string lossy_method;

  // Every image of the volume once; and for each z those that the slice was made of: one, the
  // two that were mixed, or all where the slices were turned.
  std::vector<SourceInstance> instances;
  std::vector<std::vector<int>> slices;
};

}  // namespace hepatica
