/*
 * Said by the recorder within the words of a channel's state, and told to the installer in words of control's own.
 */

/** Packets of the picture come, and none yet from which decoding can begin. */
export const NO_KEY_FRAME_YET = 'no key frame with usable parameter sets yet';
/** Packets of the picture come, and no picture comes of them. */
export const NO_PICTURE_MADE = 'no picture can be made of them';
