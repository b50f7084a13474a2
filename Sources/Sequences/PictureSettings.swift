import Foundation
import NeuralFields
package import VolumeRendering

/// All that decides the bytes of a picture: what it carries as text, and is made again from.
///
/// In a file it is the text chunk `hypermarch`: JSON, keys in snake case, sorted. Threads, tiles and the
/// place of the file are no part of it, for they change no byte.
package struct PictureSettings: Sendable, Hashable, Codable {
  package static let keyword = "hypermarch"
  package static let schema = 1

  package private(set) var schema = PictureSettings.schema
  /// The program that made the picture, such as `hypermarch 0.1.0`.
  package var program: String
  package var model: Model
  /// What is shown of a model; empty for an analytic scene.
  package var latent: [LatentPart]
  package var camera: CameraNumbers
  /// picture, depth, normals or opacity.
  package var shows: String
  /// RGB in [0, 1]; nil for none.
  package var background: [Float]?
  package var samplesPerDiagonal: Int
  package var termination: Float
  package var gridResolution: Int
  /// float32 or bfloat16.
  package var precision: String
  /// Of the samples' places in their intervals; nil for the middles.
  package var seed: UInt64?
  /// When an analytic scene that moves is shown, 0…1; nil for one at rest, and for a model, whose
  /// `latent` is of that time already.
  package var time: Float?
  /// Width of the field's hidden layers; nil for a whole field, and for an analytic scene.
  package var fieldWidth: Int?

  package struct Model: Sendable, Hashable, Codable {
    package var path: String
    /// `Checkpoint.fingerprint`, or the CRC-32 of a scene description.
    package var fingerprint: String

    package init(path: String, fingerprint: String) {
      self.path = path
      self.fingerprint = fingerprint
    }
  }

  /// A part of a mix: a scene, a latent file, or the mean of all scenes.
  package struct LatentPart: Sendable, Hashable, Codable {
    package var scene: String?
    package var file: String?
    /// Of the trajectory that the file holds, one of its rows; nil for the file's code.
    package var row: Int?
    /// Of the file.
    package var crc32: String?
    package var mean: Bool?
    package var weight: Float
  }

  /// The numbers of a `Camera`.
  package struct CameraNumbers: Sendable, Hashable, Codable {
    package var width: Int
    package var height: Int
    package var focal: [Float]
    package var principal: [Float]
    package var right: [Float]
    package var up: [Float]
    package var backward: [Float]
    package var position: [Float]
  }

  package init(
    program: String, model: Model, mix: LatentMix?, library: LatentLibrary?, camera: Camera,
    shows: String, background: SIMD3<Float>?, samplesPerDiagonal: Int, termination: Float,
    gridResolution: Int, precision: String, seed: UInt64?
  ) {
    self.program = program
    self.model = model
    latent = (mix?.parts ?? []).map { LatentPart($0, crc32: library?.checksum(of: $0.source)) }
    self.camera = CameraNumbers(camera)
    self.shows = shows
    self.background = background.map { [$0.x, $0.y, $0.z] }
    self.samplesPerDiagonal = samplesPerDiagonal
    self.termination = termination
    self.gridResolution = gridResolution
    self.precision = precision
    self.seed = seed
  }

  /// The mix that the picture shows; nil for an analytic scene.
  package var mix: LatentMix? {
    latent.isEmpty
      ? nil
      : LatentMix(
        parts: latent.map { part in
          let source: LatentMix.Source =
            part.scene.map { .scene($0) }
            ?? part.file.map { file in part.row.map { .row($0, ofFile: file) } ?? .file(file) }
            ?? .mean
          return LatentMix.Part(source: source, weight: part.weight)
        })
  }
}

extension PictureSettings.LatentPart {
  fileprivate init(_ part: LatentMix.Part, crc32: String?) {
    switch part.source {
    case .scene(let name): scene = name
    case .file(let path): file = path
    case .row(let number, let path): (file, row) = (path, number)
    case .mean: mean = true
    }
    self.crc32 = crc32
    weight = part.weight
  }
}

extension PictureSettings.CameraNumbers {
  package init(_ camera: Camera) {
    func numbers(_ vector: SIMD3<Float>) -> [Float] { [vector.x, vector.y, vector.z] }
    width = camera.width
    height = camera.height
    focal = [camera.focalX, camera.focalY]
    principal = [camera.principalX, camera.principalY]
    right = numbers(camera.right)
    up = numbers(camera.up)
    backward = numbers(camera.backward)
    position = numbers(camera.position)
  }

  /// - Precondition: the numbers have been checked.
  package var camera: Camera {
    func vector(_ numbers: [Float]) -> SIMD3<Float> { [numbers[0], numbers[1], numbers[2]] }
    return Camera(
      width: width, height: height, focalX: focal[0], focalY: focal[1], principalX: principal[0],
      principalY: principal[1], right: vector(right), up: vector(up), backward: vector(backward),
      position: vector(position))
  }
}
