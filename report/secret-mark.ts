/** What stands where a secret would. */
export const secretMark = "[secret]";
