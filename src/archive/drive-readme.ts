/** `README.txt` of a drive: for whoever plugs it into a laptop years from now, without us. */
export function driveReadme(label: string, id: string): string {
  return `This drive holds video recorded by a Holdfast network video recorder.

Drive: ${label} (${id})

To watch it
-----------
Open the folder "footage", then the folder of the recorder, then the one of the camera, then the one of the day. Each
file is an ordinary MP4 video of a few minutes, named after the time at which it begins:

    footage/<recorder>/<camera>/<day>/<hour>-<minute>-<second>Z-<start number>-<sequence number>.mp4

Days and times are UTC, not local time. Any player that plays MP4 opens the files (VLC plays all of them; H.265 video
and telephone-quality sound are beyond some others). If the recorder lost power, the last file of each camera
may end early or report no length: it still plays.

Please do not change, rename or add anything, if the drive is to go back into a recorder.

What else is here
-----------------
drive.json   which drive this is
journal      one file per day, one line of JSON per fact: files that were closed or deleted, gaps and their causes

Each file carries a chain of SHA-256 hashes over its pictures, sound and times, so that changes can be found. Both the
files and the journal are described in the project's document "archive-format", archive format version 1.
`;
}
