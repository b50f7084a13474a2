/// A view as a file describes it, before its picture has been read.
struct ViewDescription {
  /// The picture's name in the file.
  let name: String

  let imagePath: String
  let intrinsics: PinholeIntrinsics

  /// Whether the picture must have the size of the file's other pictures that share it.
  let sharesSize: Bool

  let pose: CameraPose

  /// The file that says so.
  let statedBy: String
}
