import Files
import Foundation
import Imaging
import NeuralFields
import Sequences
import VolumeRendering

/// The names of one rendering's files: the picture and what was asked for beside it.
struct RenderedFiles {
  /// What a file shows.
  enum Content: Equatable {
    case picture(BackgroundArgument)
    case depth
    case normals
    case opacity

    /// What follows the picture's own name.
    fileprivate var suffix: String {
      switch self {
      case .picture: ""
      case .depth: "-depth"
      case .normals: "-normals"
      case .opacity: "-opacity"
      }
    }
  }

  let contents: [Content]
  let paths: [String]
  fileprivate let overwriting: Bool

  /// Chooses names, and checks that all of them can be written before any work is done.
  ///
  /// - Parameters:
  ///   - contents: the picture and what is wanted beside it.
  ///   - sceneName: gives the picture its name in `renders/` where none was asked for.
  init(_ contents: [Content], output: OutputOptions, sceneName: String) throws {
    self.contents = contents
    overwriting = output.overwrite
    if let picture = output.output {
      paths = Self.names(of: contents, picture: picture)
    } else {
      try CommandFailure.wrapping { try FileWriter.createFolder("renders") }
      // Without a name of the user's own, the first free one is taken: nothing is in the way.
      let candidates = (1...).lazy.map { number in
        let name = number == 1 ? sceneName : "\(sceneName)-\(number)"
        return Self.names(of: contents, picture: "renders/\(name).png")
      }
      let isFree = { (paths: [String]) in
        output.overwrite || !paths.contains { FileManager.default.fileExists(atPath: $0) }
      }
      guard let free = candidates.first(where: isFree) else {
        preconditionFailure("found no free name, expected one among all numbers")
      }
      paths = free
    }
    for path in paths {
      FileWriter.removeLeftovers(of: path)
      try CommandFailure.wrapping { try FileWriter.check(path, overwriting: overwriting) }
    }
  }

  /// One file whose name has been checked.
  init(_ content: Content, path: String, overwriting: Bool) {
    contents = [content]
    paths = [path]
    self.overwriting = overwriting
  }

  private static func names(of contents: [Content], picture: String) -> [String] {
    if contents.count == 1 { return [picture] }
    let stem = picture.hasSuffix(".png") ? String(picture.dropLast(4)) : picture
    return contents.map { $0.suffix.isEmpty ? picture : stem + $0.suffix + ".png" }
  }
}

/// The open files of one rendering, which take its rows as they come.
struct RenderedStreams {
  private let outputs: [(content: RenderedFiles.Content, stream: PNGStream)]
  /// 16-bit steps of depth pictures per scene unit.
  private let depthScale: Float

  /// - Parameters:
  ///   - bound: what is seen lies within.
  ///   - settings: what a file carries to be made again from; nil for nothing.
  init(
    _ files: RenderedFiles, camera: Camera, bound: BoundingBox,
    settings: (RenderedFiles.Content) -> PictureSettings?
  ) throws {
    let scale = RenderedImage.depthScale(of: bound, seenFrom: camera.position)
    depthScale = scale
    outputs = try zip(files.contents, files.paths).map { content, path in
      var text = [PNGTextEntry(keyword: "Software", text: Hypermarch.programName)]
      if content == .depth {
        text.append(
          PNGTextEntry(keyword: "depth_scale", text: scale < 1 ? "\(scale)" : "\(Int(scale))"))
      }
      if let settings = settings(content) {
        text.append(PNGTextEntry(keyword: PictureSettings.keyword, text: settings.text))
      }
      let stream = try CommandFailure.wrapping {
        try PNGStream(
          path, width: camera.width, height: camera.height, channelCount: content.channelCount,
          bitDepth: content == .depth ? 16 : 8, text: text, overwriting: files.overwriting)
      }
      return (content, stream)
    }
  }

  /// Writes the next rows of every file.
  func append(_ rows: RenderedImage) throws {
    for (content, stream) in outputs {
      let picture =
        switch content {
        case .picture(.transparent): rows.transparentPicture
        case .picture(.colour(let colour)): rows.picture(over: colour)
        case .depth: rows.depthPicture(scale: depthScale)
        case .normals: rows.normalPicture
        case .opacity: rows.opacityPicture
        }
      try CommandFailure.wrapping { try stream.append(picture) }
    }
  }

  /// Gives the files their names: all of them, once all are whole.
  func publish() throws {
    try CommandFailure.wrapping { try PNGStream.publish(outputs.map(\.stream)) }
  }
}

extension RenderedFiles.Content {
  fileprivate var channelCount: Int {
    switch self {
    case .picture(.transparent), .normals: 4
    case .picture: 3
    case .depth, .opacity: 1
    }
  }
}
