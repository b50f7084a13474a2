/// A view as a file describes it, before its picture has been read.
struct ViewDescription {
  /// The picture's name in the file.
  let name: String

  let imagePath: String
  let intrinsics: PinholeIntrinsics

  /// Whether the picture must have the size of the file's other pictures that share it.
  let sharesSize: Bool

  let pose: CameraPose

  /// When a moving scene was seen, 0…1; nil where the file tells no time.
  var time: Float?

  /// The file that says so.
  let statedBy: String
}
