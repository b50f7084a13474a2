import Datasets
import Foundation
import NeuralFields
import Sequences
import Testing
import VolumeRendering

@Suite("Camera track") struct CameraTrackTests {
  private static let cameras = (0..<4).map { index in
    Camera(
      orbitAzimuth: 0.9 * Float(index), elevation: 0.3 - 0.2 * Float(index), distance: 3,
      horizontalFieldOfView: 0.7 + 0.1 * Float(index), width: 40, height: 30)
  }

  private func track(_ curve: PathCurve) -> CameraTrack {
    CameraTrack(
      placements: Self.cameras.map { .known($0) },
      times: KeyTimes(count: 4, over: 0...3, closes: false), curve: curve)
  }

  @Test("at a key a camera is the key's to the last bit", arguments: [PathCurve.linear, .spline])
  func keys(curve: PathCurve) {
    for (index, camera) in Self.cameras.enumerated() {
      #expect(track(curve).camera(at: Double(index), width: 40, height: 30) == camera)
    }
  }

  @Test(
    "between known cameras axes stay perpendicular and turn the shorter way",
    arguments: [PathCurve.linear, .spline], [0.2, 0.5, 1.4, 2.9])
  func axes(curve: PathCurve, time: Double) {
    let camera = track(curve).camera(at: time, width: 40, height: 30)
    #expect(abs(camera.right.dot(camera.up)) < 1e-5 && abs(camera.right.length - 1) < 1e-5)
    #expect((camera.right.cross(camera.up) - camera.backward).length < 1e-5)
    let neighbours = [Int(time), Int(time) + 1].map { Self.cameras[$0].backward }
    let turn = acos(neighbours[0].dot(neighbours[1]))
    #expect(neighbours.allSatisfy { acos(min($0.dot(camera.backward), 1)) < turn })
  }

  @Test(
    "a spline that overshoots keeps the field of view to what files may ask for",
    arguments: ["orbit", "look-at", "known", "both"])
  func overshoot(kind: String) throws {
    let degrees: [Float] = [179, 179, 1, 1, 179]
    let placements = degrees.enumerated().map { index, angle in
      let isOrbit = kind == "orbit" || kind == "both" && index % 2 == 0
      let placement: SceneCamera.Placement =
        isOrbit
        ? .orbit(azimuth: 0, elevation: 0, distance: 3, target: .zero)
        : .lookAt(from: [3, 0, 0], at: .zero, up: [0, 0, 1])
      let angle = angle * .pi / 180
      guard kind == "known" else {
        return CameraTrack.Placement.named(placement, horizontalFieldOfView: angle)
      }
      return .known(
        SceneCamera(name: "", placement: placement, horizontalFieldOfView: angle)
          .camera(width: 16, height: 16))
    }
    let track = CameraTrack(
      placements: placements, times: KeyTimes(count: 5, over: 0...4, closes: false), curve: .spline)
    let cameras = (0...80).map { track.camera(at: 0.05 * Double($0), width: 16, height: 16) }
    for camera in cameras {
      let angle = 2 * atan(8 / camera.focalX) * 180 / .pi
      #expect(camera.focalX > 0 && (0.999...179.001).contains(angle), "\(angle)")
      #expect(camera.focalX == camera.focalY)
    }
    // The program reads what it writes.
    let file = CameraPathFile(cameras: cameras, framesPerSecond: 4, closes: false)
    #expect(try CameraPathFile(json: file.bytes, path: "c.json").cameras.count == 81)
  }

  @Test("half a turn is a turn by half the angle") func half() {
    let first = Camera(
      orbitAzimuth: 0, elevation: 0, distance: 2, horizontalFieldOfView: 1, width: 8, height: 8)
    let second = Camera(
      orbitAzimuth: 1, elevation: 0, distance: 2, horizontalFieldOfView: 1, width: 8, height: 8)
    let middle = CameraTrack(
      placements: [.known(first), .known(second)],
      times: KeyTimes(count: 2, over: 0...1, closes: false)
    ).camera(at: 0.5, width: 8, height: 8)
    let expected = Camera(
      orbitAzimuth: 0.5, elevation: 0, distance: 2, horizontalFieldOfView: 1, width: 8, height: 8)
    #expect((middle.backward - expected.backward).length < 1e-5)
    #expect((middle.position - 0.5 * (first.position + second.position)).length < 1e-6)
  }

  @Test(
    "a turntable goes round in equal steps and never shows one side twice",
    arguments: [false, true])
  func turntable(closes: Bool) {
    let frames = SequenceFrames(count: 12, closes: closes)
    let base = Self.cameras[1]
    let track = CameraTrack.turntable(from: base, around: .zero, frames: frames, over: 0...2)
    let cameras = (1...12).map {
      track.camera(at: 2 * frames.position(of: $0), width: 40, height: 30)
    }
    #expect((cameras[0].position - base.position).length < 1e-4)
    for (index, camera) in cameras.enumerated() {
      let next = cameras[(index + 1) % 12]
      // A chord of 30° at the height of the orbit.
      let radius =
        (camera.position.x * camera.position.x
        + camera.position.y * camera.position.y).squareRoot()
      #expect(abs((next.position - camera.position).length - 2 * radius * sin(.pi / 12)) < 1e-3)
      #expect(abs(camera.position.z - base.position.z) < 1e-5)
    }
  }

  @Test("an orbit from 0 to 360 degrees goes round") func fullTurn() {
    let placements = [0, 2 * Float.pi].map { azimuth in
      CameraTrack.Placement.named(
        .orbit(azimuth: azimuth, elevation: 0, distance: 2, target: .zero),
        horizontalFieldOfView: 1)
    }
    let track = CameraTrack(
      placements: placements, times: KeyTimes(count: 2, over: 0...4, closes: false))
    let camera = track.camera(at: 1, width: 8, height: 8)
    #expect((camera.position - [0, 2, 0]).length < 1e-5)
  }
}
