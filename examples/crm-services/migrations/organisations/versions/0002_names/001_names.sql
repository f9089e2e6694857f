ALTER TABLE "public"."organisations_invitation_compte" RENAME TO "invitation_compte";
