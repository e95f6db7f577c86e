from . import recipes_followed_mixin, recipes_job, recipes_note, res_groups, res_users
